"""What is shown of a failed CDK CLI."""

import pytest

from deployment.cdk_failures import said

STACK = "Prod-MachineLearningInfrastructure"
ARN = f"arn:aws:cloudformation:us-east-1:000000000000:stack/{STACK}/02db48cb-d138"


@pytest.mark.parametrize(
    "line",
    [
        f"❌  {STACK} failed: ValidationError: Stack:{ARN} is in UPDATE_IN_PROGRESS state and can "
        "not be updated.",
        f"❌  {STACK}: destroy failed DeploymentError: Stack [{ARN}] cannot be deleted while in "
        "status UPDATE_IN_PROGRESS",
    ],
)
def test_conflict_is_one_sentence_that_names_the_stack_and_its_state(line: str) -> None:
    shown = said(["deploying...", line])
    assert shown.startswith(f"{STACK} is UPDATE_IN_PROGRESS: CloudFormation is at work")
    assert "\n" not in shown


@pytest.mark.parametrize(
    "line",
    [
        "InvalidChangeSetStatusException: ChangeSet [x] cannot be executed in its current status",
        "ChangeSetNotFoundException: ChangeSet [cdk-deploy-change-set] does not exist",
    ],
)
def test_race_for_a_change_set_is_one_sentence(line: str) -> None:
    assert said([line]).startswith("Another command deployed the same stack at the same time")


def test_templates_in_use_name_the_process() -> None:
    line = "Other CLIs (PID=4711) are currently reading from cdk.out. Invoke the CLI in sequence"
    assert said([line]).startswith("Another CDK CLI (process 4711)")


def test_stack_trace_is_left_out() -> None:
    lines = ["Error: the reason", "    at f (/x/node_modules/aws-cdk/lib/index.js:12:34)", "end"]
    assert said(lines) == "Error: the reason\nend"


def test_wrapped_stack_trace_is_left_out() -> None:
    wrapped = ["    at", "  invokeUserFunction", "  (/x/framework.js:2:6)", "    at async onEvent"]
    assert said(["  Error: the", "  reason", *wrapped, "end"]) == "  Error: the\n  reason\nend"


def test_what_came_before_the_failure_is_left_out() -> None:
    assert said(["creating", "❌  Stack failed", "the reason"]) == "❌  Stack failed\nthe reason"


def test_reasons_of_failed_resources_are_kept() -> None:
    reason = f"{STACK} | CREATE_FAILED | Custom::TrainingJob | it failed while in status Failed"
    assert said([reason]) == reason
