"""A tier that is deployed while things break: the second fault campaign, with the real CDK CLI.

The tests of this module run in the order in which they stand, on one tier and one state
directory, because a deployment takes half a minute. Each still states one fact.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local_aws.environment import ACCOUNT, REGION, client_environment
from local_aws.leftovers import owned_processes
from stacks.repository import ROOT
from tests.ailing_aws import SICK
from tests.end_to_end.conftest import (
    SMALL_MODEL,
    Aws,
    DeployedTier,
    free_port,
    unmeasured,
    wait_until,
)
from tests.end_to_end.killing import Command, moments
from tests.real_reviews import write_reviews

TIER = "Faults"
"""Not that of another module: the CDK CLI locks a tier's assembly."""
MACHINE_LEARNING = f"{TIER}-MachineLearningInfrastructure"
GOOD = "What a wonderful film, I loved every minute of it."
UPDATE_SECONDS = 8
"""About what an update takes; which part of it is done when it is killed is left to chance."""


class FaultyTier(DeployedTier):
    """A tier on an embedded AWS that comes and goes, at one address with one state."""

    def deployment(self, command: str, *arguments: str) -> Command:
        return Command(
            [
                *("-m", "deployment", command, "--tier", TIER, "--settings", "Sandbox"),
                *arguments,
            ],
            self.aws.environment,
        )

    def bootstrap(self) -> None:
        """Not in the project's directory: the app would be synthesized for it."""
        subprocess.run(
            ["cdk", "bootstrap", f"aws://{ACCOUNT}/{REGION}", "--no-notices"],
            cwd=self.data,
            env=dict(self.aws.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )

    def deploy_files(self, folder: Path) -> Command:
        files = ("--train", str(folder / "train.txt"), "--test", str(folder / "test.txt"))
        small = (f"--parameter={name}={value}" for name, value in SMALL_MODEL.items())
        return self.deployment("deploy", *files, *small)

    def retrain(self, folder: Path) -> Command:
        return self.deployment("retrain", "--data", str(folder))

    def local_aws(self, *command: str) -> subprocess.CompletedProcess[str]:
        result = self.aws.run(
            sys.executable, "-m", "local_aws", *command, "--state", str(self.aws.state)
        )
        assert result.returncode == 0, result.stderr
        return result

    def up(self) -> str:
        port = self.aws.url.rpartition(":")[2]
        result = self.local_aws("up", "--detach", "--port", port)
        return result.stdout + result.stderr

    @contextmanager
    def ailing(self) -> Iterator[Path]:
        """Run the one whose models do not get healthy while a file is there; gives its path."""
        port = self.aws.url.rpartition(":")[2]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.ailing_aws", port, str(self.aws.state)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == self.aws.url
            yield self.aws.state / SICK
            process.communicate()
        assert process.returncode == 0

    def kill(self, command: "subprocess.Popen[str]") -> set[int]:
        """End the embedded AWS and a command with SIGKILL; returns the ids of its processes."""
        pid = json.loads((self.aws.state / "instance.json").read_text())["pid"]
        processes = {pid, *owned_processes(self.aws.state)}
        os.kill(pid, signal.SIGKILL)
        os.killpg(command.pid, signal.SIGKILL)
        command.communicate()
        return processes

    def status(self) -> str:
        return str(self.stack(MACHINE_LEARNING)["StackStatus"])

    def job_statuses(self) -> dict[str, str]:
        found = self.aws.client("sagemaker").list_training_jobs(MaxResults=100)
        return {
            job["TrainingJobName"]: job["TrainingJobStatus"]
            for job in found["TrainingJobSummaries"]
        }

    def hosted(self) -> list[str]:
        """Everything of SageMaker's hosting."""
        sagemaker = self.aws.client("sagemaker")
        return [
            *(one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]),
            *(
                one["EndpointConfigName"]
                for one in sagemaker.list_endpoint_configs()["EndpointConfigs"]
            ),
            *(one["ModelName"] for one in sagemaker.list_models()["Models"]),
        ]

    def with_api(self) -> "FaultyTier":
        api = f"{TIER}-SentimentAnalysis"
        url = self.local_aws("url", api).stdout.strip()
        key_id = self.outputs(api)["ApiKeyId"]
        key = self.aws.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)
        return replace(self, url=url, api_key=key["value"])

    def serving_job(self) -> str:
        """The training job that the API says it answers with."""
        answer = self.with_api().call("sentiment", {"instances": [GOOD]})
        assert answer.status == 200, answer.text
        assert answer.json["results"][0]["sentiment"] in {"positive", "negative", "unsure"}
        return str(answer.json["model"]["training_job"])


@pytest.fixture(scope="module")
def tier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyTier]:
    state, port = tmp_path_factory.mktemp("aws").resolve(), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = unmeasured(os.environ) | client_environment(url) | {"NO_COLOR": "1"}
    folder = tmp_path_factory.mktemp("data")
    tier = FaultyTier(Aws(url, state, environment), folder / "cdk.out", folder)
    yield tier
    tier.local_aws("down")
    assert owned_processes(state) == []


@pytest.fixture(scope="module")
def dataset(tier: FaultyTier) -> Any:
    """`dataset(a, b)`: reviews a to b, prepared by `data_prep prepare`."""

    def prepare(first: int, last: int) -> Path:
        source, output = tier.data / f"{first}.csv", tier.data / f"{first}"
        write_reviews(source, slice(first, last))
        result = tier.aws.run(
            sys.executable, "-m", "data_prep", "prepare", str(source),
            "--text", "text", "--label", "label", "--out", str(output),
            "--map", "0=negative", "--map", "1=positive",
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        return output

    return prepare


def run(command: Command) -> tuple[int, str]:
    process = command.start()
    output, _ = process.communicate(timeout=300)
    return process.returncode, output


def test_first_deployment_whose_endpoint_never_gets_healthy_leaves_nothing(
    tier: FaultyTier, dataset: Any
) -> None:
    with tier.ailing() as sick:
        sick.touch()
        tier.bootstrap()
        status, output = run(tier.deploy_files(dataset(0, 3000)))
        sick.unlink()

        assert status == 1, output
        assert "did not pass the ping health check" in output
        assert (tier.status(), tier.hosted()) == ("ROLLBACK_COMPLETE", [])


def test_killed_during_the_first_training_and_started_again_it_can_be_deployed(
    tier: FaultyTier, dataset: Any
) -> None:
    folder = dataset(3000, 7000)
    tier.up()
    before = tier.job_statuses()
    deploying = tier.deploy_files(folder).start()
    wait_until(lambda: "InProgress" in tier.job_statuses().values(), seconds=120)
    (job,) = set(tier.job_statuses()) - set(before)
    saved = tier.aws.state / "sagemaker" / "sagemaker.json"
    wait_until(lambda: job in saved.read_text(encoding="utf-8"))
    processes = tier.kill(deploying)
    said = tier.up()
    left = processes & set(owned_processes(tier.aws.state))
    assert f"training job {job} was running when the embedded AWS ended: it is Failed" in said
    assert f"stack {MACHINE_LEARNING} was in CREATE_IN_PROGRESS" in said
    assert (left, len(processes) > 2) == (set(), True)

    status, output = run(tier.deploy_files(folder))
    assert status == 0, output
    assert tier.serving_job() == tier.outputs(MACHINE_LEARNING)["TrainingJobName"]
    completed = {name for name, now in tier.job_statuses().items() if now == "Completed"}
    assert completed - set(before) == {f"{job}-2"}
    assert len(tier.hosted()) == 3


def test_killed_at_any_moment_of_an_update_and_started_again_it_can_be_repeated(
    tier: FaultyTier, dataset: Any
) -> None:
    folder = dataset(7000, 10_000)
    before = tier.outputs(MACHINE_LEARNING)
    (moment,) = moments(1)
    retraining = tier.retrain(folder).start()
    wait_until(lambda: tier.status() == "UPDATE_IN_PROGRESS", seconds=120)
    time.sleep(moment * UPDATE_SECONDS)
    processes = tier.kill(retraining)
    tier.up()
    assert processes & set(owned_processes(tier.aws.state)) == set()

    status, output = run(tier.retrain(folder))
    assert status == 0, output
    after = tier.outputs(MACHINE_LEARNING)
    assert after["TrainingJobName"] != before["TrainingJobName"]
    assert after["EndpointName"] == before["EndpointName"]
    assert tier.serving_job() == after["TrainingJobName"]
    assert len(tier.hosted()) == 3


def test_update_whose_model_never_gets_healthy_rolls_back_and_drops_no_request(
    tier: FaultyTier, dataset: Any
) -> None:
    folder = dataset(10_000, 13_000)
    tier.local_aws("down")
    with tier.ailing() as sick:
        before, hosted = tier.outputs(MACHINE_LEARNING), tier.hosted()
        caller = tier.with_api()
        answers: list[tuple[int, str]] = []
        done = threading.Event()

        def keep_asking() -> None:
            while not done.is_set():
                answer = caller.call("sentiment", {"instances": [GOOD]})
                answers.append((answer.status, answer.json.get("model", {}).get("training_job")))
                time.sleep(0.06)  # the usage plan admits 25 a second

        asking = threading.Thread(target=keep_asking)
        asking.start()
        sick.touch()
        try:
            status, output = run(tier.retrain(folder))
        finally:
            done.set()
            asking.join()
            sick.unlink()

        assert status == 1, output
        assert "did not pass the ping health check" in output
        assert tier.status() == "UPDATE_ROLLBACK_COMPLETE"
        assert set(answers) == {(200, before["TrainingJobName"])}
        assert len(answers) > 50
        assert tier.outputs(MACHINE_LEARNING) == before
        assert tier.hosted() == hosted
