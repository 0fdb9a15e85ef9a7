"""The CDK Provider framework at work on one event that CloudFormation sent."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lifecycle.provider import CREATE_FAILED, Handlers, Json, Operation, Response

MOST_POLLS = 684
"""`MaxAttempts` of the framework's state machine: 57 minutes of 5 s."""


@dataclass
class SentEvent:
    """An event, each delivery of it, and what CloudFormation was told."""

    kind: str
    """create, update, rollback, delete."""
    request: Json
    sent_at: float
    deliveries: list["Delivery"] = field(default_factory=list)
    answer: Response | None = None
    """The first answer; CloudFormation listens to no other."""
    started: set[str] = field(default_factory=set)
    """Jobs that SageMaker accepted from this event's handlers."""


class Delivery:
    """One run of the framework. It answers exactly once."""

    def __init__(
        self,
        handlers: Handlers,
        request: Json,
        *,
        clock: Callable[[], float],
        waiter_fails: bool = False,
    ) -> None:
        """Call `on_event`.

        Args:
            handlers: the two handlers.
            request: CloudFormation's event.
            clock: seconds since the epoch.
            waiter_fails: whether the framework cannot start its state machine afterwards.
        """
        self._clock = clock
        self.delivered_at = clock()
        self.answered_at: float | None = None
        self._polls = 0
        self._operation: Operation | None = None
        self.response: Response | None = None
        if request["RequestType"] == "Delete" and request["PhysicalResourceId"] == CREATE_FAILED:
            self._answer(Response(CREATE_FAILED))
            return
        self._operation = Operation(handlers, request)
        if self._operation.response is None and waiter_fails:
            self._operation.fail_to_wait(request)
        if self._operation.response:
            self._answer(self._operation.response)

    def poll(self) -> None:
        """One turn of the state machine, unless the answer was given."""
        if self.response or not self._operation:
            return
        response = self._operation.poll()
        self._polls += 1
        if response is None and self._polls == MOST_POLLS:
            response = Response(self._operation.physical_id, reason="Operation timed out")
        if response:
            self._answer(response)

    @property
    def seconds(self) -> float:
        """From the delivery to the answer."""
        return (self.answered_at or math.inf) - self.delivered_at

    def _answer(self, response: Response) -> None:
        assert self.response is None
        self.response, self.answered_at = response, self._clock()
