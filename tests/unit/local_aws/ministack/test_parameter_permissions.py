"""GetParameters needs the permission on every parameter that it names."""

import json
from typing import Any

import pytest
from ministack.core import iam_actions, iam_evaluator

from local_aws.ministack.parameter_permissions import ask_for_each_parameter

MINE = "arn:aws:ssm:us-east-1:000000000000:parameter/mine"


@pytest.fixture(autouse=True)
def ministack(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds a resource is its own; what decides knows one permission. Both are put back."""
    monkeypatch.setattr(iam_actions, "extract_resource_arn", iam_actions.extract_resource_arn)

    def enforce(*_: Any, resource_arn: str = "*", **__: Any) -> str | None:
        return None if resource_arn == MINE else f"denied on {resource_arn}"

    monkeypatch.setattr(iam_evaluator, "enforce", enforce)
    ask_for_each_parameter()


def denied(action: str, request: dict[str, Any]) -> object:
    """What is said to somebody who may read `/mine` alone."""
    headers = {"x-amz-target": f"AmazonSSM.{action}"}
    body = json.dumps(request).encode()
    arn = iam_actions.extract_resource_arn(
        "ssm", "POST", "/", headers, body, {}, "us-east-1", "000000000000"
    )
    return iam_evaluator.enforce("key", f"ssm:{action}", "ssm", "us-east-1", resource_arn=arn)


@pytest.mark.parametrize("names", [["/mine"], ["/mine", "/mine"]])
def test_who_may_read_each_is_let_through(names: list[str]) -> None:
    assert denied("GetParameters", {"Names": names}) is None


@pytest.mark.parametrize("names", [["/mine", "/yours"], ["/yours", "/mine"], ["/yours"]])
def test_one_that_may_not_be_read_refuses_all(names: list[str]) -> None:
    assert denied("GetParameters", {"Names": names}) == (
        "denied on arn:aws:ssm:us-east-1:000000000000:parameter/yours"
    )


@pytest.mark.parametrize("request_", [{}, {"Names": "mine"}, {"Names": [1]}, {"Names": []}])
def test_request_that_names_none_needs_all(request_: dict[str, Any]) -> None:
    assert denied("GetParameters", request_) == "denied on *"


def test_other_actions_are_asked_for_as_before() -> None:
    denied("GetParameters", {"Names": ["/mine", "/yours"]})

    assert denied("GetParameter", {"Name": "/mine"}) is None
