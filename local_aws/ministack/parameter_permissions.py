"""Each parameter that GetParameters names is a resource of its own, and one refusal refuses all."""

import contextlib
import contextvars
import json
from collections.abc import Mapping
from typing import Any

from ministack.core import iam_actions, iam_evaluator

_ACTION = "GetParameters"

_named: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar("named", default=())


def ask_for_each_parameter() -> None:
    """iam_actions.py:1510 looks for one `Name`, and takes GetParameters for a request of `*`."""
    extract, enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce

    def extract_first(
        service: str, method: str, path: str, headers: Mapping[str, str], body: bytes, *rest: Any
    ) -> str:
        def arn_of(request: bytes) -> str:
            arn: str = extract(service, method, path, headers, request, *rest)
            return arn

        names = _names(body) if service == "ssm" and _asks_for_several(headers) else []
        arns = [arn_of(json.dumps({"Name": name}).encode()) for name in names]
        _named.set(tuple(arns))
        return arns[0] if arns else arn_of(body)

    def enforce_each(
        access_key: str, action: str, service: str, region: str, *rest: Any, **options: Any
    ) -> Any:
        denied = enforce(access_key, action, service, region, *rest, **options)
        if action != f"ssm:{_ACTION}":
            return denied
        for arn in _named.get():
            denied = denied or enforce(
                access_key, action, service, region, **{**options, "resource_arn": arn}
            )
        return denied

    iam_actions.extract_resource_arn = extract_first
    iam_evaluator.enforce = enforce_each


def _asks_for_several(headers: Mapping[str, str]) -> bool:
    return headers.get("x-amz-target", "").endswith(f".{_ACTION}")


def _names(body: bytes) -> list[str]:
    """The parameters of a request; none where it is not one."""
    with contextlib.suppress(ValueError):
        request = json.loads(body)
        names = request.get("Names") if isinstance(request, dict) else None
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    return []
