"""`python -m tests.aws_verified` as a whole: a tier is deployed, verified and removed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.conftest import Aws, DeployedTier

TIER = "Verify"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page") / "verified-on-aws.md"


@pytest.fixture(scope="module")
def verified(sandbox: DeployedTier, page: Path) -> subprocess.CompletedProcess[str]:
    return sandbox.aws.run(
        sys.executable, "-m", "tests.aws_verified", "--tier", TIER, "--yes", "--page", str(page),
        timeout=900,
    )  # fmt: skip


def test_everything_that_is_verified_holds(verified: subprocess.CompletedProcess[str]) -> None:
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_cost_is_told_before_anything_is_deployed(
    verified: subprocess.CompletedProcess[str],
) -> None:
    cost = verified.stdout.index("What this costs: 2 training jobs on ml.c5.xlarge at $0.204")
    assert cost < verified.stdout.index(f"Deploy {TIER}-TrainingJob")


def test_page_has_every_fact_and_says_where_it_was_verified(
    verified: subprocess.CompletedProcess[str], page: Path
) -> None:
    text = page.read_text(encoding="utf-8")
    assert "**This page was produced against the embedded AWS only.**" in text
    assert "| where | the embedded AWS, us-east-1 |" in text
    assert "| left behind | nothing |" in text
    assert text.count("| passed |") >= 20
    assert "failed**" not in text


def test_page_names_no_account(
    verified: subprocess.CompletedProcess[str], page: Path, sandbox: DeployedTier
) -> None:
    account = sandbox.aws.client("sts").get_caller_identity()["Account"]
    assert account not in page.read_text(encoding="utf-8")


def test_nothing_of_the_tier_is_left(
    verified: subprocess.CompletedProcess[str], sandbox: DeployedTier
) -> None:
    stacks = sandbox.aws.client("cloudformation").describe_stacks()["Stacks"]
    buckets = sandbox.aws.client("s3").list_buckets()["Buckets"]
    names = [stack["StackName"] for stack in stacks] + [bucket["Name"] for bucket in buckets]
    assert [name for name in names if name.lower().startswith(TIER.lower())] == []


def test_tier_that_is_there_is_not_taken(sandbox: DeployedTier, embedded_aws: Aws) -> None:
    # With the sandbox the account was prepared for the CDK; other tests may have destroyed it.
    client, stack = embedded_aws.client("cloudformation"), "Taken-TrainingJob"
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "x"}}
    client.create_stack(
        StackName=stack, TemplateBody=json.dumps({"Resources": {"Parameter": parameter}})
    )
    client.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1})
    result = embedded_aws.run(sys.executable, "-m", "tests.aws_verified", "--tier", "Taken")
    client.delete_stack(StackName=stack)
    assert result.returncode == 2
    assert "There is a tier Taken already" in result.stdout
