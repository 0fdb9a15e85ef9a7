"""Log groups have CloudFormation's names, and a function logs where its role may."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.ministack.function_logs import FunctionLogs, name_log_groups
from local_aws.sagemaker.errors import access_denied
from local_aws.sagemaker.roles import AssumedRole, Need
from local_aws.sagemaker.scope import Scope

ROLE = "arn:aws:iam::000000000000:role/function"
FUNCTION = {"FunctionName": "f", "Role": ROLE, "LoggingConfig": {"LogGroup": "Tier-Logs-1"}}


class Session:
    environment: Mapping[str, str] = {}

    def __init__(self, *, may: bool, asked: list[Need]) -> None:
        self._may, self._asked = may, asked

    def client(self, service: str) -> Any:
        raise AssertionError(service)

    def require(self, need: Need) -> None:
        self._asked.append(need)
        if not self._may:
            raise access_denied(need.action, need.resource, ROLE)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    lines: list[str] = []

    def emit(_func: Any, _request_id: str, text: str, *_: Any, **__: Any) -> None:
        lines.append(text)

    monkeypatch.setattr(lambda_svc, "_emit_lambda_logs", emit)
    yield lines


def log(*, may: bool) -> list[Need]:
    asked: list[Need] = []

    def assume(_role: str, _principal: str, _scope: Scope) -> AssumedRole:
        return Session(may=may, asked=asked)

    FunctionLogs(assume).ask_roles()
    lambda_svc._emit_lambda_logs({"config": FUNCTION}, "1", "line", False, 1)
    return asked


def test_function_logs_where_its_role_may_write(written: list[str]) -> None:
    asked = log(may=True)
    assert written == ["line"]
    assert [need.action for need in asked] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    assert asked[0].resource.endswith(":log-group:Tier-Logs-1:log-stream:*")


def test_function_whose_role_may_not_write_leaves_no_log(written: list[str]) -> None:
    log(may=False)
    assert written == []


def test_group_without_a_name_has_its_stacks(monkeypatch: pytest.MonkeyPatch) -> None:
    created: list[str] = []

    def create(_id: str, props: Mapping[str, Any], _stack: str) -> Any:
        created.append(props["LogGroupName"])
        return props["LogGroupName"], {}

    handlers = {"create": create, "update": lambda physical_id, *_: (physical_id, {})}
    monkeypatch.setitem(provisioners._RESOURCE_HANDLERS, "AWS::Logs::LogGroup", handlers)
    name_log_groups()
    handlers["create"]("Logs", {}, "Sandbox-TrainingJob")
    handlers["create"]("Logs", {"LogGroupName": "/own"}, "Sandbox-TrainingJob")
    assert created[0].startswith("Sandbox-TrainingJob-Logs-")
    assert created[1] == "/own"
