"""What the functions are built for: the default, the context, or the embedded AWS's environment."""

import os
import platform
import subprocess
import sys

import aws_cdk as cdk
import pytest

from local_aws.environment import client_environment
from stacks.lambda_target import LambdaTarget, LambdaTargetError
from stacks.repository import ROOT

HERE = "http://127.0.0.1:4566"
OTHER = LambdaTarget(python="3.12", architecture="x86_64", platform="x86_64-apple-darwin")


@pytest.fixture(autouse=True)
def shell(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A shell that nobody has pointed anywhere."""
    for name in ("AWS_ENDPOINT_URL", *OTHER.environment):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def point(shell: pytest.MonkeyPatch, url: str, target: LambdaTarget = OTHER) -> None:
    for name, value in (target.environment | {"AWS_ENDPOINT_URL": url}).items():
        shell.setenv(name, value)


def target_of(**context: str) -> LambdaTarget:
    return LambdaTarget.from_context(cdk.App(context=context).node)


def test_nothing_said_is_the_default() -> None:
    assert target_of() == LambdaTarget()


def test_context_round_trips() -> None:
    assert target_of(**OTHER.context) == OTHER


@pytest.mark.parametrize("url", [HERE, "http://localhost:4566", "http://[::1]:4566"])
def test_environment_counts_while_requests_go_to_this_machine(
    shell: pytest.MonkeyPatch, url: str
) -> None:
    point(shell, url)
    assert target_of() == OTHER


@pytest.mark.parametrize("url", ["", "https://sagemaker.us-east-1.amazonaws.com"])
def test_environment_does_not_outlive_the_embedded_aws(shell: pytest.MonkeyPatch, url: str) -> None:
    point(shell, url)
    target = target_of()
    assert target == LambdaTarget()
    assert "LAMBDA_PYTHON and LAMBDA_ARCHITECTURE" in str(target.notice)


def test_context_wins_over_the_environment(shell: pytest.MonkeyPatch) -> None:
    point(shell, HERE)
    assert target_of(lambdaPython="3.11").python == "3.11"


def test_clients_of_the_embedded_aws_build_for_this_machine(shell: pytest.MonkeyPatch) -> None:
    for name, value in client_environment(HERE).items():
        shell.setenv(name, value)
    assert target_of() == LambdaTarget.of_this_machine()


def test_default_target_needs_no_notice() -> None:
    assert LambdaTarget().notice is None


def test_another_target_is_named_beside_the_default() -> None:
    assert LambdaTarget(python="3.11", architecture="x86_64").notice == (
        "Lambda functions are built for Python 3.11 on x86_64 (default: Python 3.13 on arm64)."
    )


def test_every_wrong_value_is_named_at_once() -> None:
    with pytest.raises(LambdaTargetError) as caught:
        LambdaTarget(python="3.1", architecture="sparc")
    assert str(caught.value).splitlines() == [
        "lambdaPython (or LAMBDA_PYTHON)='3.1': say a version of Python, 3.11 or later, "
        "such as 3.13.",
        "lambdaArchitecture (or LAMBDA_ARCHITECTURE)='sparc': Lambda has arm64 and x86_64.",
    ]


def test_a_mac_is_named_as_uv_names_it(shell: pytest.MonkeyPatch) -> None:
    shell.setattr(sys, "platform", "darwin")
    shell.setattr(platform, "machine", lambda: "arm64")
    assert LambdaTarget.of_this_machine().wheels == "aarch64-apple-darwin"


def test_app_says_what_is_wrong_and_nothing_else() -> None:
    context = {"CDK_CONTEXT_JSON": '{"tier": "Sandbox", "lambdaPython": "2.7"}'}
    app = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=os.environ | context, timeout=60,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert app.returncode == 1
    assert app.stderr.strip() == (
        "lambdaPython (or LAMBDA_PYTHON)='2.7': say a version of Python, 3.11 or later, "
        "such as 3.13."
    )
