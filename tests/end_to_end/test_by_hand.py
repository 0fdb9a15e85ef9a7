"""The README's levels 0 to 4 typed as they stand there, without make, and then a user's own keys.

The shell has what `python -m local_aws env` exports and nothing else that names a target. The tier
is one of one's own, so that it needs its settings said.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local_aws.environment import ACCOUNT, REGION
from stacks.repository import ROOT
from tests.end_to_end.conftest import Aws
from tests.regenerate_readme import README

TIER = "ByHand"
TRAINING, MODEL, API = (
    f"{TIER}-{stack}"
    for stack in ("TrainingJob", "MachineLearningInfrastructure", "SentimentAnalysis")
)
SMALL_MODEL = f" --parameters {MODEL}:Buckets=20000"
FIRST_KEYS = re.compile(r"datasets/\w+/")


def levels() -> list[str]:
    """What the README says to type, line by line, for our tier and with its settings."""
    section = README.read_text(encoding="utf-8").partition("**Level 0")[2].partition("\n## ")[0]
    return [
        re.sub(rf"-c tier={TIER}\b", r"\g<0> -c settings=Sandbox", line.replace("Sandbox", TIER))
        for block in re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
        for line in re.sub(r"\\\n\s*", "", block).splitlines()
    ]


@dataclass(frozen=True)
class Shell:
    """A shell whose first line was `eval "$(python -m local_aws env)"`."""

    aws: Aws
    folder: Path

    def type(self, line: str) -> str:
        """Run a line; returns what it prints to standard output."""
        exports = f'eval "$(python -m local_aws env --state {shlex.quote(str(self.aws.state))})"'
        pointed = re.compile("AWS_|CDK_|LAMBDA_")
        inherited = {name: value for name, value in os.environ.items() if not pointed.match(name)}
        result = subprocess.run(
            ["bash", "-c", f"{exports}\n{line}"],
            cwd=ROOT,
            env=inherited
            | {
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                # Nobody is here to approve, and others synthesize at the same time.
                "CDK_REQUIRE_APPROVAL": "never",
                "CDK_OUTPUT": str(self.folder / "cdk.out"),
                "NO_COLOR": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, f"{line}\n{result.stdout}{result.stderr}"
        return result.stdout

    def outputs(self, stack: str) -> dict[str, str]:
        (found,) = self.aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {row["OutputKey"]: row["OutputValue"] for row in found["Outputs"]}

    @property
    def bucket(self) -> str:
        return self.outputs(TRAINING)["DataBucketName"]

    def ask(self) -> Any:
        """Type the README's last line, with what its placeholders stand for."""
        key = self.aws.client("apigateway").get_api_key(
            apiKey=self.outputs(API)["ApiKeyId"], includeValue=True
        )
        state = shlex.quote(str(self.aws.state))
        url = self.type(f"python -m local_aws url {API} --state {state}").strip()
        curl = levels()[-1].replace("<ApiUrl>", url).replace("<key>", key["value"])
        return json.loads(self.type(curl.replace("curl ", "curl --silent ", 1)))


@dataclass(frozen=True)
class Typed:
    """What came of typing the levels."""

    shell: Shell
    printed: str
    """The line that `upload` printed."""
    answer: Any


@pytest.fixture(scope="module")
def typed(
    embedded_aws: Aws, dataset: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Typed]:
    """The levels, in the README's order; the tier is removed afterwards."""
    bootstrap, bucket, _sample, upload, _model, api, _key, _curl = levels()
    shell = Shell(embedded_aws, tmp_path_factory.mktemp("by-hand"))
    shell.type(bootstrap)
    shell.type(bucket)
    printed = shell.type(upload.replace("data/sample", shlex.quote(str(dataset(0, 3000))))).strip()
    shell.type(printed + SMALL_MODEL)
    shell.type(api)
    yield Typed(shell, printed, shell.ask())
    removed = embedded_aws.run(
        sys.executable, "-m", "deployment", "destroy", "--tier", TIER, "--settings", "Sandbox"
    )
    assert removed.returncode == 0, removed.stdout + removed.stderr
    shutil.rmtree(ROOT / "cdk.out" / TIER, ignore_errors=True)


@pytest.fixture(scope="module")
def updated(typed: Typed, dataset: Any) -> dict[str, Any]:
    """The training job that serves after an update with data at the root of the bucket."""
    shell, model = typed.shell, levels()[4]
    s3 = shell.aws.client("s3")
    for name in ("train.txt", "test.txt"):
        s3.upload_file(str(dataset(3000, 6000) / name), shell.bucket, name)
    # A dataset of two files: the first one's validation file does not stay.
    shell.type(FIRST_KEYS.sub("", model).replace("=validation.txt", "="))
    job: dict[str, Any] = shell.aws.client("sagemaker").describe_training_job(
        TrainingJobName=shell.outputs(MODEL)["TrainingJobName"]
    )
    return job


def test_api_answers(typed: Typed) -> None:
    assert [one["text"] for one in typed.answer["results"]] == [
        "This show sucks!",
        "I had a great day",
    ]


def test_line_that_upload_prints_is_the_readmes_with_keys_filled_in(typed: Typed) -> None:
    readme = shlex.split(FIRST_KEYS.sub("datasets/HASH/", levels()[4]))
    printed = shlex.split(FIRST_KEYS.sub("datasets/HASH/", typed.printed))
    assert printed[: len(readme)] == readme


def test_keys_at_the_root_of_the_bucket_are_trained_on(
    typed: Typed, updated: dict[str, Any]
) -> None:
    sources = [one["DataSource"]["S3DataSource"]["S3Uri"] for one in updated["InputDataConfig"]]
    assert sorted(sources) == [
        f"s3://{typed.shell.bucket}/{name}" for name in ("test.txt", "train.txt")
    ]


def test_api_answers_with_the_keys_at_the_root(typed: Typed, updated: dict[str, Any]) -> None:
    assert updated["TrainingJobName"] != typed.answer["model"]["training_job"]
    assert len(typed.shell.ask()["results"]) == 2


@pytest.fixture(scope="module")
def roles(typed: Typed, updated: dict[str, Any]) -> dict[str, str]:
    """The roles of our functions in the training stack, by what they handle, and SageMaker's."""
    aws = typed.shell.aws
    found = aws.client("cloudformation").describe_stack_resources(StackName=TRAINING)
    functions = [
        aws.client("lambda").get_function_configuration(FunctionName=one["PhysicalResourceId"])
        for one in found["StackResources"]
        if one["ResourceType"] == "AWS::Lambda::Function"
    ]
    ours = {one["Handler"].removeprefix("lambdas."): one["Role"] for one in functions}
    return ours | {EXECUTION: updated["RoleArn"]}


def decision(shell: Shell, role: str, action: str, resource: str) -> str:
    """What IAM's simulator says."""
    result = shell.aws.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[action], ResourceArns=[resource]
    )
    (evaluated,) = result["EvaluationResults"]
    return str(evaluated["EvalDecision"])


EXECUTION = "execution"
CHOOSE, POLL = "training_job.handler.on_event", "training_job.handler.is_complete"
EVALUATE = "evaluation.handler.on_event"
ALLOWED = [
    *((who, "s3:GetObject", "/train.txt") for who in (EXECUTION, CHOOSE, POLL, EVALUATE)),
    *((who, "s3:GetObject", "/test.txt") for who in (EXECUTION, CHOOSE, POLL, EVALUATE)),
    *((who, "s3:ListBucket", "") for who in (EXECUTION, CHOOSE, POLL, EVALUATE)),
    (EXECUTION, "s3:PutObject", "/models/job/output/model.tar.gz"),
    (EVALUATE, "s3:GetObject", "/models/job/output/model.tar.gz"),
    (EVALUATE, "s3:PutObject", "/evaluations/job/report.html"),
]
REFUSED = [(who, "s3:PutObject", "/train.txt") for who in (EXECUTION, CHOOSE, POLL, EVALUATE)]


@pytest.mark.parametrize(
    ("decided", "asked"),
    [("allowed", row) for row in ALLOWED] + [("implicitDeny", row) for row in REFUSED],
    ids=str,
)
def test_role_may_read_the_root_of_the_bucket_and_write_its_own_prefix_only(
    typed: Typed, roles: dict[str, str], decided: str, asked: tuple[str, str, str]
) -> None:
    shell = typed.shell
    who, action, path = asked
    assert decision(shell, roles[who], action, f"arn:aws:s3:::{shell.bucket}{path}") == decided


@pytest.mark.parametrize("action", ["Create", "Describe", "Stop"])
def test_function_that_polls_may_run_this_tiers_jobs(
    typed: Typed, roles: dict[str, str], action: str
) -> None:
    job = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:training-job/{TIER}-blazingtext-0123456789ab"
    assert decision(typed.shell, roles[POLL], f"sagemaker:{action}TrainingJob", job) == "allowed"
