"""What functions log: groups have CloudFormation's names, and IAM says who may write."""

import time
from collections.abc import Mapping
from typing import Any, Final

from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import Assume, Need
from local_aws.sagemaker.scope import Scope

_LAMBDA: Final = "lambda.amazonaws.com"
_REMEMBERED_SECONDS: Final = 5.0
"""How long an answer of IAM's holds, as on AWS, where a policy takes seconds to work."""
_LONGEST_NAME: Final = 512


def name_log_groups() -> None:
    """provisioners.py:3593 invents `/aws/cloudformation/{stack}/{id}` for a group without a name.

    CloudFormation names it `{stack}-{id}-{suffix}`, and policies allow writing by that.
    """
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Logs::LogGroup"]
    create, update = handlers["create"], handlers["update"]

    def create_named(logical_id: str, props: Mapping[str, Any], stack: str) -> Any:
        name = props.get("LogGroupName") or provisioners._physical_name(
            stack, logical_id, max_len=_LONGEST_NAME
        )
        return create(logical_id, {**props, "LogGroupName": name}, stack)

    def update_named(
        physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any], *rest: Any, **more: Any
    ) -> Any:
        if not old.get("LogGroupName") and not new.get("LogGroupName"):
            named = {"LogGroupName": physical_id}
            old, new = {**old, **named}, {**new, **named}
        return update(physical_id, old, new, *rest, **more)

    handlers["create"], handlers["update"] = create_named, update_named


def ask_roles_to_log(assume: Assume) -> None:
    """lambda_svc.py:5014 writes what a function prints whatever its role may do.

    "Without permission to write, a function runs and leaves no log" (Lambda developer guide,
    monitoring-cloudwatchlogs).

    Args:
        assume: assumes the roles of functions.
    """
    emit = lambda_svc._emit_lambda_logs
    allowed: dict[tuple[str, str], tuple[float, bool]] = {}

    def may_write(config: Mapping[str, Any]) -> bool:
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or (
            f"/aws/lambda/{config.get('FunctionName', '')}"
        )
        role, now = str(config.get("Role", "")), time.monotonic()
        until, answer = allowed.get((role, group), (0.0, False))
        if now >= until:
            answer = _allows(assume, role, group)
            allowed[role, group] = (now + _REMEMBERED_SECONDS, answer)
        return answer

    def emit_if_allowed(func: Mapping[str, Any], *rest: Any, **more: Any) -> None:
        if may_write(func.get("config") or func):
            emit(func, *rest, **more)

    lambda_svc._emit_lambda_logs = emit_if_allowed


def _allows(assume: Assume, role: str, group: str) -> bool:
    scope = Scope(get_account_id(), get_region())
    stream = f"arn:aws:logs:{scope.region}:{scope.account}:log-group:{group}:log-stream:*"
    try:
        session = assume(role, _LAMBDA, scope)
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            session.require(Need(action, stream))
    except SageMakerError:
        return False
    return True
