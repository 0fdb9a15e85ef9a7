"""`python -m deployment status` on the Sandbox tier, as it is deployed."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.end_to_end.conftest import MACHINE_LEARNING, TIER, DeployedTier
from tests.regenerate_readme import STATUS, block, normalised, shown


def run(tier: DeployedTier, *arguments: str) -> subprocess.CompletedProcess[str]:
    return tier.aws.run(sys.executable, "-m", "deployment", "status", *arguments)


@pytest.fixture(scope="module")
def status(sandbox: DeployedTier) -> Any:
    result = run(sandbox, "--tier", TIER, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    return json.loads(result.stdout)


def test_training_job_is_the_one_that_serves(sandbox: DeployedTier, status: Any) -> None:
    name = sandbox.outputs()["TrainingJobName"]
    job = sandbox.aws.client("sagemaker").describe_training_job(TrainingJobName=name)
    seconds = (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds()
    assert (status["training_job"]["name"], status["training_job"]["status"]) == (name, "Completed")
    assert status["training_job"]["duration_seconds"] == round(seconds)


def test_data_is_the_tiers_with_the_rows_of_its_manifest(
    sandbox: DeployedTier, status: Any
) -> None:
    key = sandbox.parameters()["TrainKey"]
    manifest = json.loads(sandbox.content(key.replace("train.txt", "dataset.json")))
    data = status["data"]
    assert (data["train_key"], data["content_hash"]) == (key, key.split("/")[1])
    assert (data["rows"], data["labels"]) == (manifest["rows_out"], manifest["labels"])


def test_endpoint_is_serverless_in_service_and_free_while_idle(status: Any) -> None:
    (variant,) = status["endpoint"]["variants"]
    assert (status["endpoint"]["status"], variant["instance_type"]) == ("InService", None)
    assert variant["serverless_memory_mb"] == 2048
    assert status["idle_cost"]["usd_per_hour"] == 0


def test_accuracy_and_url_are_the_stacks_outputs(sandbox: DeployedTier, status: Any) -> None:
    outputs = sandbox.outputs()
    accuracy = outputs.get("Accuracy", outputs["ValidationAccuracy"])
    assert status["quality"]["accuracy"] == float(accuracy)
    assert status["api_url"] == sandbox.outputs(f"{TIER}-SentimentAnalysis")["ApiUrl"]


def test_every_stack_is_listed_with_its_last_deployment(sandbox: DeployedTier, status: Any) -> None:
    stacks = {stack["name"]: stack for stack in status["stacks"]}
    assert {f"{TIER}-TrainingJob", MACHINE_LEARNING, f"{TIER}-SentimentAnalysis"} <= stacks.keys()
    for name, stack in stacks.items():
        found = sandbox.stack(name)
        last = found.get("LastUpdatedTime") or found["CreationTime"]
        assert stack["status"] == found["StackStatus"]
        assert stack["last_deployed"] == last.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_table_says_it_to_a_person(sandbox: DeployedTier, status: Any) -> None:
    result = run(sandbox, "--tier", TIER)
    assert result.returncode == 0, result.stdout + result.stderr
    for value in (
        f"{status['training_job']['name']}: Completed",
        status["data"]["content_hash"],
        f"{TIER}-sentiment: InService",
        status["api_url"],
        "$0.00 an hour",
    ):
        assert value in result.stdout


def without_row(lines: list[str], name: str) -> list[str]:
    """`lines` without the row called `name` and the lines that continue it (those are indented)."""
    kept, dropping = [], False
    for line in lines:
        dropping = line.startswith(name) or (dropping and line.startswith(" "))
        if not dropping:
            kept.append(line)
    return kept


def test_readme_shows_such_a_table(sandbox: DeployedTier) -> None:
    printed = normalised(shown(run(sandbox, "--tier", TIER).stdout)).splitlines()
    # Other tests on the same tier deploy one more stack on demand, and tune.
    printed = [line for line in printed if f"{TIER}-DataPreparation" not in line]
    printed = without_row(printed, "latest job")
    assert printed == normalised(block(STATUS)).splitlines(), "`make readme` writes it anew"


def test_tier_that_is_not_there_exits_with_2_and_leaves_the_output_to_programs(
    sandbox: DeployedTier,
) -> None:
    result = run(sandbox, "--tier", "Alice", "--json")
    assert (result.returncode, result.stdout) == (2, "")
    assert "There is no tier 'Alice'" in result.stderr
    assert "Traceback" not in result.stderr
