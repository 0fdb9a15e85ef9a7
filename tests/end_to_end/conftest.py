"""A tier on the embedded AWS, deployed by the real CDK CLI and called over real HTTP."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest

from local_aws.environment import client_environment
from stacks.repository import ROOT
from tests.answer import Answer
from tests.real_reviews import write_reviews

TIER = "Sandbox"
BRISK = {
    "NODE_OPTIONS": f'--require "{Path(__file__).parent / "brisk_cdk.cjs"}"',
    # The CDK's provider framework polls every second in place of every five.
    "SFN_WAIT_SCALE": "0.2",
    # Its rules take two thirds of each synthesis. `make lint` holds both tiers' templates to them.
    "CDK_VALIDATION": "false",
    "CDK_DISABLE_CLI_TELEMETRY": "true",
}
"""What keeps the CDK from taking its time where the embedded AWS does not take any."""
MACHINE_LEARNING = f"{TIER}-MachineLearningInfrastructure"
SMALL_MODEL = {"Buckets": "20000", "Epochs": "5"}
"""Trains in about a second: these tests are about what happens around a training."""


@dataclass(frozen=True)
class Aws:
    """A running embedded AWS, and the commands a user types against it."""

    url: str
    state: Path
    environment: Mapping[str, str]

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            region_name=self.environment["AWS_DEFAULT_REGION"],
        )

    def run(self, *command: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """Run a command of the product's, with the environment that points at this AWS."""
        return subprocess.run(
            command,
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def training_jobs(self) -> list[str]:
        """The names of all training jobs there ever were."""
        summaries = self.client("sagemaker").list_training_jobs(MaxResults=100)
        return [job["TrainingJobName"] for job in summaries["TrainingJobSummaries"]]

    def running_jobs(self) -> list[str]:
        """The names of those that run."""
        # SageMaker filters by status only after it has cut the page.
        summaries = self.client("sagemaker").list_training_jobs(
            StatusEquals="InProgress", MaxResults=100
        )
        return [job["TrainingJobName"] for job in summaries["TrainingJobSummaries"]]


@dataclass(frozen=True)
class DeployedTier:
    """A tier on an embedded AWS, and the ways in which a user reaches it."""

    aws: Aws
    assembly: Path
    data: Path
    url: str = field(default="")
    api_key: str = field(default="")

    def cdk(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The real CDK CLI, on this tier's synthesized assembly."""
        return self.aws.run(
            "cdk", *arguments, "--app", str(self.assembly), "--no-notices", "--progress", "events"
        )

    def deploy(
        self, stack: str, parameters: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`cdk deploy STACK --parameters …`."""
        given = [
            word
            for name, value in (parameters or {}).items()
            for word in ("--parameters", f"{stack}:{name}={value}")
        ]
        return self.cdk("deploy", stack, "--exclusively", "--require-approval", "never", *given)

    def upload(self, folder: Path, *, tier: str = TIER) -> dict[str, str]:
        """`data_prep upload`; returns the stack parameters that name the files."""
        result = self.aws.run(
            sys.executable, "-m", "data_prep", "upload", str(folder), "--tier", tier, "--json"
        )
        assert result.returncode == 0, result.stderr
        keys = json.loads(result.stdout)
        return {
            "TrainKey": keys["train_key"],
            "ValidationKey": keys["validation_key"],
            "TestKey": keys["test_key"],
        }

    def stack(self, name: str) -> dict[str, Any]:
        client = self.aws.client("cloudformation")
        description: dict[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
        return description

    def outputs(self, name: str = MACHINE_LEARNING) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.stack(name).get("Outputs", [])}

    def parameters(self, name: str = MACHINE_LEARNING) -> dict[str, str]:
        found = self.stack(name)["Parameters"]
        return {p["ParameterKey"]: p["ParameterValue"] for p in found}

    def content(self, key: str) -> bytes:
        """The content of an object in the data bucket."""
        bucket = self.outputs(f"{TIER}-TrainingJob")["DataBucketName"]
        body: bytes = self.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def call(
        self,
        path: str = "sentiment",
        body: object | bytes | None = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """An HTTP request to the API, with its key unless `headers` say otherwise."""
        sent = {"content-type": "application/json", "x-api-key": self.api_key} | dict(headers or {})
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the URL is our own
            self.url + path,
            data=None if body is None else data,
            method=method,
            headers={name: value for name, value in sent.items() if value},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session", autouse=True)
def brisk() -> Iterator[None]:
    """The environment of everything that is started here."""
    with pytest.MonkeyPatch.context() as environment:
        for name, value in BRISK.items():
            environment.setenv(name, value)
        yield


def unmeasured(environment: Mapping[str, str]) -> dict[str, str]:
    """The same for programs whose coverage is not measured, nor that of those that they start.

    For what runs long and runs nothing that other tests do not run as well: an embedded AWS takes
    half as much again when it is measured.
    """
    return {name: value for name, value in environment.items() if name != "COVERAGE_PROCESS_CONFIG"}


@pytest.fixture(scope="session")
def embedded_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """An embedded AWS of its own process, as `local_aws up --detach` starts it."""
    state = tmp_path_factory.mktemp("aws")
    port = free_port()
    command = [sys.executable, "-m", "local_aws"]
    subprocess.run(
        [*command, "up", "--detach", "--port", str(port), "--state", str(state)],
        cwd=ROOT,
        env=unmeasured(os.environ),
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )
    url = f"http://127.0.0.1:{port}"
    environment = dict(os.environ) | client_environment(url) | {"NO_COLOR": "1"}
    yield Aws(url, state, environment)
    subprocess.run(
        [*command, "down", "--state", str(state)],
        cwd=ROOT,
        check=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory, embedded_aws: Aws) -> Iterator[Any]:
    """`dataset(a, b)`: reviews a to b, prepared by `data_prep prepare`."""
    folder = tmp_path_factory.mktemp("reviews")

    def prepare(first: int, last: int) -> Path:
        source = folder / f"{first}-{last}.csv"
        output = folder / f"{first}-{last}"
        if not output.exists():
            write_reviews(source, slice(first, last))
            result = embedded_aws.run(
                sys.executable, "-m", "data_prep", "prepare", str(source),
                "--text", "text", "--label", "label", "--out", str(output),
                "--map", "0=negative", "--map", "1=positive",
            )  # fmt: skip
            assert result.returncode == 0, result.stderr
        return output

    yield prepare


@pytest.fixture(scope="session")
def sandbox(
    tmp_path_factory: pytest.TempPathFactory, embedded_aws: Aws, dataset: Any
) -> DeployedTier:
    """The Sandbox tier, deployed as the README says."""
    assembly = tmp_path_factory.mktemp("cdk") / "cdk.out"
    commands = [
        ("cdk", "synth", "--quiet", "--output", str(assembly), "-c", f"tier={TIER}"),
        ("cdk", "bootstrap", "--app", str(assembly), "--no-notices"),
    ]
    for command in commands:
        result = embedded_aws.run(*command)
        assert result.returncode == 0, result.stdout + result.stderr
    tier = DeployedTier(embedded_aws, assembly, dataset(0, 3000))
    parameters: dict[str, Callable[[], dict[str, str]]] = {
        # Once the bucket is there.
        MACHINE_LEARNING: lambda: tier.upload(tier.data) | SMALL_MODEL,
    }
    for stack in (f"{TIER}-TrainingJob", MACHINE_LEARNING, f"{TIER}-SentimentAnalysis"):
        result = tier.deploy(stack, parameters.get(stack, dict)())
        assert result.returncode == 0, result.stdout + result.stderr
    url = embedded_aws.run(
        sys.executable, "-m", "local_aws", "url", f"{TIER}-SentimentAnalysis",
        "--state", str(embedded_aws.state),
    )  # fmt: skip
    assert url.returncode == 0, url.stderr
    key_id = tier.outputs(f"{TIER}-SentimentAnalysis")["ApiKeyId"]
    key = embedded_aws.client("apigateway").get_api_key(apiKey=key_id, includeValue=True)
    return DeployedTier(
        embedded_aws, assembly, tier.data, url=url.stdout.strip(), api_key=key["value"]
    )


def wait_until(condition: Any, *, seconds: float = 60) -> None:
    """Wait for something to become true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def installed(program: str) -> bool:
    return shutil.which(program) is not None
