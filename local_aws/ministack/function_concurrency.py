"""Reserved concurrency of functions that templates create.

ministack 1.5.33 holds a function to it (lambda_svc.py:5116) and does not read it from a template
(provisioners.py:2356).
"""

from collections.abc import Mapping
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

_ACCOUNT = 1000
"""Concurrent executions of an account (Lambda's default quota)."""
_UNRESERVED = 100
"""What must be left for the functions without reserved concurrency (Lambda's API reference,
PutFunctionConcurrency)."""


def reserve_concurrency() -> None:
    """Reserve what templates say, and refuse what Lambda refuses."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    create, update = handlers["create"], handlers["update"]

    def reserve(outcome: Any, props: Mapping[str, Any]) -> Any:
        value = props.get("ReservedConcurrentExecutions")
        lambda_svc._functions[outcome[0]]["concurrency"] = None if value is None else int(value)
        return outcome

    def create_reserved(logical_id: str, props: Mapping[str, Any], *rest: Any) -> Any:
        _refuse(props, name="")
        return reserve(create(logical_id, props, *rest), props)

    def update_reserved(
        physical_id: str, old: Any, new: Mapping[str, Any], *rest: Any, **named: Any
    ) -> Any:
        _refuse(new, name=physical_id)
        return reserve(update(physical_id, old, new, *rest, **named), new)

    handlers["create"], handlers["update"] = create_reserved, update_reserved


def _refuse(props: Mapping[str, Any], *, name: str) -> None:
    asked = int(props.get("ReservedConcurrentExecutions") or 0)
    others = sum(
        function.get("concurrency") or 0
        for other, function in lambda_svc._functions.items()
        if other != name
    )
    if asked and asked + others > _ACCOUNT - _UNRESERVED:
        raise ValueError(
            "Specified ReservedConcurrentExecutions for function decreases account's"
            f" UnreservedConcurrentExecution below its minimum value of [{_UNRESERVED}]."
        )
