"""Faults at the calls that a handler makes, and the clients that meet them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CALL_SECONDS = 0.05


class ProcessDeath(BaseException):
    """The handler's process ends here: no `except` of its own and no `finally` counts."""


@dataclass
class Fault:
    """An exception in place of the answer to one call."""

    operation: str
    """Name of the client's method, or "*" for any."""
    at_call: int
    """1 for the first matching call."""
    error: BaseException
    acted: bool = False
    """Whether the service did its work before the answer was lost."""
    until_call: int | None = None
    """Last failing call; None for `at_call` alone."""
    seconds: float = CALL_SECONDS
    """How long the call took, with botocore's own retries."""
    seen: int = 0

    def strikes(self, operation: str) -> bool:
        if self.operation not in {"*", operation}:
            return False
        self.seen += 1
        return self.at_call <= self.seen <= (self.until_call or self.at_call)


class Faulty:
    """A client whose calls are recorded, take time, and fail where the test says so."""

    def __init__(
        self,
        target: object,
        calls: list[str],
        faults: list[Fault],
        spend: Callable[[float], None],
    ) -> None:
        self._target, self._calls, self._faults, self._spend = target, calls, faults, spend

    def create_training_job(self, **request: Any) -> Any:
        return self._call("create_training_job", request)

    def describe_training_job(self, **request: Any) -> Any:
        return self._call("describe_training_job", request)

    def stop_training_job(self, **request: Any) -> Any:
        return self._call("stop_training_job", request)

    def create_hyper_parameter_tuning_job(self, **request: Any) -> Any:
        return self._call("create_hyper_parameter_tuning_job", request)

    def describe_hyper_parameter_tuning_job(self, **request: Any) -> Any:
        return self._call("describe_hyper_parameter_tuning_job", request)

    def stop_hyper_parameter_tuning_job(self, **request: Any) -> Any:
        return self._call("stop_hyper_parameter_tuning_job", request)

    def head_object(self, **request: Any) -> Any:
        return self._call("head_object", request)

    def get_object(self, **request: Any) -> Any:
        return self._call("get_object", request)

    def list_objects_v2(self, **request: Any) -> Any:
        return self._call("list_objects_v2", request)

    def delete_objects(self, **request: Any) -> Any:
        return self._call("delete_objects", request)

    def get_parameter_history(self, **request: Any) -> Any:
        return self._call("get_parameter_history", request)

    def _call(self, operation: str, request: dict[str, Any]) -> Any:
        self._calls.append(operation)
        method: Callable[..., Any] = getattr(self._target, operation)
        for fault in self._faults:
            if fault.strikes(operation):
                if fault.acted:
                    method(**request)
                self._spend(fault.seconds)
                raise fault.error
        self._spend(CALL_SECONDS)
        return method(**request)
