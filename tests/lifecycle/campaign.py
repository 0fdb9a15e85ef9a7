"""A fault at every call of every scenario, and what may never come of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, ReadTimeoutError

from lambdas.custom_resource.aws_errors import WORST_CALL_SECONDS
from lambdas.training_job.event_age import POLL_LIMIT_SECONDS
from tests.lifecycle.cloudformation import SERVICE_TIMEOUT_SECONDS, Stack
from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault, ProcessDeath
from tests.lifecycle.scenarios import Scenario

URL = "https://api.sagemaker.eu-west-1.amazonaws.com/"
RETRIES_SECONDS = 6
"""What botocore's own attempts take when each is answered at once."""
BURST = 5
"""Calls in a row."""
FOR_EVER = 10_000
KILLED_BEFORE, KILLED_AFTER = "killed before the call", "killed after the call"
OUT_OF_TIME = "out of time after the call"


@dataclass(frozen=True, kw_only=True)
class FaultKind:
    """How a call goes wrong, and for how many calls."""

    error: Callable[[], Any]
    """Makes the exception."""
    acted: bool = False
    calls: int = 1
    seconds: float = RETRIES_SECONDS

    def at(self, call: int) -> Fault:
        return Fault(
            "*",
            call,
            self.error(),
            acted=self.acted,
            until_call=call + self.calls - 1,
            seconds=self.seconds,
        )


def _throttled() -> Any:
    return client_error("ThrottlingException", "Any")


def _internal() -> Any:
    return client_error("InternalFailure", "Any", status=500)


def _unavailable() -> Any:
    return client_error("ServiceUnavailable", "Any", status=503)


def _read_timeout() -> Any:
    return ReadTimeoutError(endpoint_url=URL)


def _connect_timeout() -> Any:
    return ConnectTimeoutError(endpoint_url=URL)


def _closed() -> Any:
    return ConnectionClosedError(endpoint_url=URL)


def _denied() -> Any:
    return client_error("AccessDeniedException", "Any", status=403)


def _killed() -> Any:
    return ProcessDeath("Runtime exited with error: signal: killed")


def _timed_out() -> Any:
    return ProcessDeath("Task timed out")


FAULTS = {
    "throttled": FaultKind(error=_throttled),
    "internal error after it acted": FaultKind(error=_internal, acted=True),
    "read timeout after it acted": FaultKind(
        error=_read_timeout, acted=True, seconds=WORST_CALL_SECONDS
    ),
    "denied": FaultKind(error=_denied, seconds=0.1),
    "denied from then on": FaultKind(error=_denied, calls=FOR_EVER, seconds=0.1),
    KILLED_BEFORE: FaultKind(error=_killed, seconds=0),
    KILLED_AFTER: FaultKind(error=_killed, acted=True, seconds=0),
}
"""What every test run injects; one of each kind that the handlers treat differently."""

MORE_FAULTS = {
    "throttled for a while": FaultKind(error=_throttled, calls=BURST),
    "internal error before it acts": FaultKind(error=_internal),
    "connect timeout": FaultKind(error=_connect_timeout, seconds=15),
    "unavailable for a while": FaultKind(error=_unavailable, calls=BURST),
    "read timeout before it acts": FaultKind(error=_read_timeout, seconds=WORST_CALL_SECONDS),
    "connection lost after it acted": FaultKind(error=_closed, acted=True),
    OUT_OF_TIME: FaultKind(error=_timed_out, acted=True, seconds=POLL_LIMIT_SECONDS),
}
"""What the whole campaign injects as well."""


def _is_over(stack: Stack) -> None:
    for name in stack.world.sagemaker.running():
        stack.world.end(name)


def _fails(stack: Stack) -> None:
    for name in stack.world.sagemaker.running():
        stack.world.sagemaker.fail(name)


def _is_stopped(stack: Stack) -> None:
    stack.world.stop_by_hand()


HAPPENINGS: dict[str, Callable[[Stack], None]] = {
    "the job completes": _is_over,
    "the job fails": _fails,
    "somebody stops the job": _is_stopped,
    "the event is delivered again": Stack.deliver_again,
    "another resource fails": Stack.cancel,
}
"""What happens elsewhere in the moment of a call."""


PROMISES = (
    "leaked jobs",
    "extra jobs",
    "unanswered events",
    "models under the gate",
    "lost models",
)


class Tally:
    """What the campaign has run so far, for the summary."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.cases = 0
        self.broken = dict.fromkeys(PROMISES, 0)

    def add(self, other: "Tally") -> None:
        self.cases += other.cases
        for what, count in other.broken.items():
            self.broken[what] += count

    def __str__(self) -> str:
        return f"{self.cases:,} cases: " + ", ".join(
            f"{count} {what}" for what, count in self.broken.items()
        )

    def count(self, promises: list[tuple[str, str]]) -> None:
        self.cases += 1
        for kind, _ in promises:
            self.broken[kind] += 1


TALLY = Tally()


@dataclass(frozen=True)
class Strike:
    """One disturbance of one call."""

    scenario: Scenario
    what: str
    """A fault's name, or a happening's."""
    call: int
    """1 for the first call after the preparations."""

    def __str__(self) -> str:
        return f"{self.scenario}, {self.what}, call {self.call}"

    def run(self) -> list[str]:
        """Act under the disturbance, let everything end, and say which promises were broken."""
        stack = self.scenario.begin()
        if self.what in HAPPENINGS:
            stack.world.at_call[self.call] = lambda: HAPPENINGS[self.what](stack)
        else:
            stack.world.faults.append((FAULTS | MORE_FAULTS)[self.what].at(self.call))
        self.scenario.act(stack)
        stack.world.faults.clear()
        stack.finish()
        promises = list(broken_promises(stack))
        TALLY.count(promises)
        return [f"{self}: {kind}: {promise}" for kind, promise in promises]


def strikes(scenario: Scenario, what: str) -> Iterator[Strike]:
    """Every call of a scenario in which nothing else goes wrong, in turn."""
    stack = scenario.begin()
    kills = what in {KILLED_BEFORE, KILLED_AFTER, OUT_OF_TIME}
    spared = stack.calls_in_events if kills and scenario.delivered_again else set()
    scenario.act(stack)
    stack.finish()
    for call in range(1, len(stack.world.calls) + 1):
        if call not in spared:
            yield Strike(scenario, what, call)


def broken_promises(stack: Stack) -> Iterator[tuple[str, str]]:
    """Find what may never happen, once nothing happens any more."""
    for job in stack.world.unended():
        yield "leaked jobs", f"{job} runs, and the stack is {stack.status}"
    for event in stack.events:
        allowed = 1 if event.kind in {"create", "update"} else 0
        if len(event.started) > allowed:
            yield "extra jobs", f"{event.kind} started {sorted(event.started)}"
        for delivery in event.deliveries:
            if delivery.response is None:
                yield "unanswered events", event.kind
            elif delivery.seconds > SERVICE_TIMEOUT_SECONDS:
                yield "unanswered events", f"{event.kind} answered after {delivery.seconds:.0f} s"
    yield from (("extra jobs", what) for what in stack.world.simultaneous)
    for served in stack.served:
        job = served.url.removesuffix("/output/model.tar.gz").rsplit("/", 1)[1]
        if not stack.world.accuracy_of(job) >= float(served.properties["MinimumAccuracy"]):
            yield "models under the gate", f"{job} is served"
    for key in stack.lost_models:
        yield "lost models", f"{key} was deleted"
