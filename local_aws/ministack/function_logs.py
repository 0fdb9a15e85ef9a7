"""What functions log: groups have CloudFormation's names, and IAM says who may write."""

import contextvars
import queue
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import cloudwatch_logs, lambda_svc
from ministack.services.cloudformation import provisioners

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import Assume, Need
from local_aws.sagemaker.scope import Scope

_LAMBDA: Final = "lambda.amazonaws.com"
_REMEMBERED_SECONDS: Final = 5.0
"""How long an answer of IAM's holds, as on AWS, where a policy takes seconds to work."""
_LATE_SECONDS: Final = 0.3
"""After an answer, what its process still prints has arrived."""
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


class FunctionLogs:
    """Writes what functions print, where their roles may."""

    def __init__(self, assume: Assume) -> None:
        """Ask the roles that `assume` assumes."""
        self._assume = assume
        self._allowed: dict[tuple[str, str], tuple[float, bool]] = {}

    def ask_roles(self) -> None:
        """lambda_svc.py:5014 writes what a function prints whatever its role may do.

        "Without permission to write, a function runs and leaves no log" (Lambda developer guide,
        monitoring-cloudwatchlogs).
        """
        emit = lambda_svc._emit_lambda_logs

        def emit_if_allowed(func: Mapping[str, Any], *rest: Any, **more: Any) -> None:
            if self._may_write(func.get("config") or func):
                emit(func, *rest, **more)

        lambda_svc._emit_lambda_logs = emit_if_allowed

    def write_late_lines(self) -> None:
        """lambda_runtime.py:1492 leaves to the next invocation what is printed after an answer.

        On a busy machine that is most of it, and nobody may ever call again. The caller is not
        made to wait: a thread looks a moment later.
        """
        invoke = lambda_runtime.Worker.invoke
        answered: queue.SimpleQueue[tuple[float, Any, str, Scope]] = queue.SimpleQueue()

        def invoke_and_look_again(worker: Any, event: Any, request_id: str, **more: Any) -> Any:
            response = invoke(worker, event, request_id, **more)
            due = time.monotonic() + _LATE_SECONDS
            answered.put((due, worker, request_id, Scope(get_account_id(), get_region())))
            return response

        def write() -> None:
            while True:
                due, worker, request_id, scope = answered.get()
                time.sleep(max(0.0, due - time.monotonic()))
                lines = list(_waiting(worker))
                with request_scope(scope.account, scope.region):
                    if lines and self._may_write(worker.config):
                        _append(_group_of(worker.config), request_id, lines)

        lambda_runtime.Worker.invoke = invoke_and_look_again
        threading.Thread(target=write, name="late-log-lines", daemon=True).start()

    def _may_write(self, config: Mapping[str, Any]) -> bool:
        role, group, now = str(config.get("Role", "")), _group_of(config), time.monotonic()
        until, answer = self._allowed.get((role, group), (0.0, False))
        if now >= until:
            scope = Scope(get_account_id(), get_region())
            # Apart from the request that is being answered: who calls the function, perhaps without
            # a signature, is nothing to what its role may do.
            answer = contextvars.Context().run(_allows, self._assume, role, group, scope)
            self._allowed[role, group] = (now + _REMEMBERED_SECONDS, answer)
        return answer


def _group_of(config: Mapping[str, Any]) -> str:
    named = (config.get("LoggingConfig") or {}).get("LogGroup")
    return str(named or f"/aws/lambda/{config.get('FunctionName', '')}")


def _waiting(worker: Any) -> Iterator[str]:
    """What a worker has printed that nobody has taken; an invocation under way takes it itself."""
    if not worker._lock.acquire(blocking=False):
        return
    try:
        while True:
            yield worker._stderr_queue.get_nowait()
    except queue.Empty:
        pass
    finally:
        worker._lock.release()


def _append(group: str, request_id: str, lines: list[str]) -> None:
    """Add lines to the stream of an invocation, which is among the group's latest."""
    streams = cloudwatch_logs._log_groups.get(group, {}).get("streams", {})
    for stream in reversed(list(streams.values())):
        if any(request_id in event["message"] for event in stream["events"][:1]):
            now = int(time.time() * 1000)
            events = [{"timestamp": now, "message": one, "ingestionTime": now} for one in lines]
            cloudwatch_logs._append_log_events(stream, events)
            return


def _allows(assume: Assume, role: str, group: str, scope: Scope) -> bool:
    stream = f"arn:aws:logs:{scope.region}:{scope.account}:log-group:{group}:log-stream:*"
    try:
        with request_scope(scope.account, scope.region):
            session = assume(role, _LAMBDA, scope)
            for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
                session.require(Need(action, stream))
    except SageMakerError:
        return False
    return True
