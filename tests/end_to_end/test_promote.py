"""`python -m deployment promote`: from the Sandbox to a tier that was never deployed, and on.

The tests of this module run in the order in which they stand, on one tier, because a
deployment takes a while. Each still states one fact.
"""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest

from stacks.repository import ROOT
from tests.end_to_end.conftest import MACHINE_LEARNING, SMALL_MODEL, TIER, DeployedTier
from tests.regenerate_readme import PROMOTE, block, normalised, shown

TO = "Staging"
WATCHED = json.dumps({TO: {"operations": {"watched": True}}})
"""As Production is, so that the same stacks are deployed."""
MODEL_OF_TO = f"{TO}-MachineLearningInfrastructure"
HIGHER_GATE = ("--parameter", "MinimumAccuracy=0.99")
GOOD = "What a wonderful film, I loved every minute of it."


def command(tier: DeployedTier, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return tier.aws.run(
        sys.executable, "-m", "deployment", name, *arguments, "--settings", TIER,
        "--context", f"tiers={WATCHED}",
    )  # fmt: skip


def promote(tier: DeployedTier, *arguments: str) -> subprocess.CompletedProcess[str]:
    return command(tier, "promote", "--to", TO, *arguments)


def bucket(tier: DeployedTier, name: str) -> str:
    return tier.outputs(f"{name}-TrainingJob")["DataBucketName"]


def content(tier: DeployedTier, name: str, key: str) -> bytes:
    """The content of an object in a tier's data bucket."""
    s3 = tier.aws.client("s3")
    body: bytes = s3.get_object(Bucket=bucket(tier, name), Key=key)["Body"].read()
    return body


def key_of_model(outputs: dict[str, str]) -> str:
    return outputs["ModelDataUrl"].removeprefix("s3://").partition("/")[2]


@pytest.fixture(scope="module")
def source(sandbox: DeployedTier) -> Iterator[DeployedTier]:
    """The Sandbox; what these tests deploy beside it is removed again."""
    yield sandbox
    assembly = ROOT / "cdk.out" / TO
    removed = sandbox.aws.run("cdk", "destroy", "--all", "--force", "--app", str(assembly))
    shutil.rmtree(assembly, ignore_errors=True)
    assert removed.returncode == 0, removed.stdout + removed.stderr


@pytest.fixture(scope="module")
def jobs_before(source: DeployedTier) -> list[str]:
    return source.aws.training_jobs()


@pytest.fixture(scope="module")
def promoted(source: DeployedTier, jobs_before: list[str]) -> subprocess.CompletedProcess[str]:
    """A promotion to a tier that was never deployed. Its trainings, if any, will be small."""
    small = (f"--parameter={name}={value}" for name, value in SMALL_MODEL.items())
    result = promote(source, "--from", TIER, *small)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


@pytest.fixture(scope="module")
def target(source: DeployedTier, promoted: object) -> DeployedTier:
    """The tier that was promoted to, called as its users call it."""
    api = source.outputs(f"{TO}-SentimentAnalysis")
    url = source.aws.run(
        sys.executable, "-m", "local_aws", "url", f"{TO}-SentimentAnalysis",
        "--state", str(source.aws.state),
    )  # fmt: skip
    assert url.returncode == 0, url.stderr
    key = source.aws.client("apigateway").get_api_key(apiKey=api["ApiKeyId"], includeValue=True)
    return replace(source, url=url.stdout.strip(), api_key=key["value"])


def description(tier: DeployedTier) -> Any:
    """What the API's answers say of the model."""
    answer = tier.call("sentiment", {"instances": [GOOD]})
    assert answer.status == 200, answer.text
    return answer.json["model"]


def test_readme_shows_what_a_promotion_prints(
    promoted: subprocess.CompletedProcess[str],
) -> None:
    printed = shown(promoted.stdout).replace(TO, "Production")
    assert normalised(printed) == normalised(block(PROMOTE)), "`make readme` writes it anew"


def test_no_training_job_is_started(
    source: DeployedTier, jobs_before: list[str], promoted: object
) -> None:
    assert source.aws.training_jobs() == jobs_before


def test_archive_is_byte_identical(source: DeployedTier, target: DeployedTier) -> None:
    key = key_of_model(source.outputs(MACHINE_LEARNING))
    digests = {hashlib.sha256(content(source, tier, key)).hexdigest() for tier in (TIER, TO)}
    assert key_of_model(source.outputs(MODEL_OF_TO)) == key
    assert len(digests) == 1


def test_archive_is_served_from_the_tiers_own_bucket(
    source: DeployedTier, target: DeployedTier
) -> None:
    assert source.outputs(MODEL_OF_TO)["ModelDataUrl"].startswith(f"s3://{bucket(source, TO)}/")


def test_objects_have_the_etags_of_their_sources(
    source: DeployedTier, target: DeployedTier
) -> None:
    s3 = source.aws.client("s3")
    parameters = source.parameters(MODEL_OF_TO)
    keys = (parameters["TrainKey"], parameters["TestKey"], key_of_model(source.outputs()))
    for key in keys:
        etags = {s3.head_object(Bucket=bucket(source, t), Key=key)["ETag"] for t in (TIER, TO)}
        assert len(etags) == 1, key


def test_answer_names_the_job_that_was_promoted_and_its_data(
    source: DeployedTier, target: DeployedTier
) -> None:
    outputs = source.outputs(MACHINE_LEARNING)
    assert description(target) == {
        "training_job": outputs["TrainingJobName"],
        "accuracy": float(outputs["Accuracy"]),
        "accuracy_interval": ANY,
        "evaluated_on": outputs["EvaluatedOn"],
        "training_data": source.parameters(MACHINE_LEARNING)["TrainKey"],
    }


def test_manifest_of_the_data_is_in_the_tiers_bucket(
    source: DeployedTier, target: DeployedTier
) -> None:
    key = source.parameters(MODEL_OF_TO)["TrainKey"]
    manifest = json.loads(content(source, TO, key.replace("train.txt", "dataset.json")))
    digest = hashlib.sha256(content(source, TO, key)).hexdigest()
    assert manifest["files"]["train.txt"]["sha256"] == digest


def test_evaluation_is_taken_over_and_not_repeated(
    source: DeployedTier, target: DeployedTier
) -> None:
    job = source.outputs(MODEL_OF_TO)["TrainingJobName"]
    s3 = source.aws.client("s3")
    reports = [
        {
            entry["Key"]
            for entry in s3.list_objects_v2(
                Bucket=bucket(source, tier), Prefix=f"evaluations/{job}/"
            )["Contents"]
        }
        for tier in (TIER, TO)
    ]
    assert reports[0] == reports[1]


def test_status_says_that_the_model_was_brought(source: DeployedTier, target: DeployedTier) -> None:
    result = source.aws.run(sys.executable, "-m", "deployment", "status", "--tier", TO, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    status = json.loads(result.stdout)
    assert status["training_job"]["name"] == source.outputs()["TrainingJobName"]
    assert status["training_job"]["imported"] is True
    assert status["data"]["bucket"] == bucket(source, TO)
    assert status["data"]["manifest_problem"] is None


def test_second_promotion_changes_nothing(source: DeployedTier, target: DeployedTier) -> None:
    before = source.stack(MODEL_OF_TO), source.aws.training_jobs()
    result = promote(source, "--from", TIER)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "already there" in result.stdout
    assert (source.stack(MODEL_OF_TO), source.aws.training_jobs()) == before


def test_higher_gate_refuses_and_the_tier_goes_on_serving(
    source: DeployedTier, target: DeployedTier
) -> None:
    job = source.outputs(MODEL_OF_TO)["TrainingJobName"]
    result = promote(source, "--from", TIER, *HIGHER_GATE)
    assert result.returncode == 1
    assert "the gate demands at least 0.99" in result.stdout
    assert f"{TO} still serves {job}, accuracy " in result.stdout
    assert description(target)["training_job"] == job


def test_model_trained_elsewhere_is_evaluated_on_what_the_tier_has(
    source: DeployedTier, target: DeployedTier, tmp_path: Path
) -> None:
    accuracy = source.outputs(MODEL_OF_TO)["Accuracy"]
    archive = tmp_path / "model.tar.gz"
    archive.write_bytes(content(source, TIER, key_of_model(source.outputs())))
    result = promote(source, "--model", str(archive))
    assert result.returncode == 0, result.stdout + result.stderr
    name = f"imported-{hashlib.sha256(archive.read_bytes()).hexdigest()[:12]}"
    outputs = source.outputs(MODEL_OF_TO)
    assert (outputs["TrainingJobName"], outputs["Accuracy"]) == (name, accuracy)


def test_status_of_a_model_trained_elsewhere_is_told(
    source: DeployedTier, target: DeployedTier
) -> None:
    result = source.aws.run(sys.executable, "-m", "deployment", "status", "--tier", TO)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "imported-" in result.stdout
    assert "this tier has not trained it" in result.stdout


def test_retraining_after_a_promotion_trains(
    source: DeployedTier, target: DeployedTier, jobs_before: list[str]
) -> None:
    result = command(source, "retrain", "--tier", TO, "--data", str(source.data))
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(source.aws.training_jobs()) == len(jobs_before) + 1
    assert source.outputs(MODEL_OF_TO)["TrainingJobName"].startswith(f"{TO}-blazingtext-")
    assert source.parameters(MODEL_OF_TO)["ModelDataUrl"] == ""
