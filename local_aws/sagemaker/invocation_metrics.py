"""What CloudWatch is told of InvokeEndpoint: one set of values for each request.

Names, units and values are the developer guide's (monitoring-cloudwatch.html, "endpoint
invocation metrics"). During a deployment the endpoint's metrics have one more set, whose third
dimension is the endpoint config, so that an alarm can watch the new fleet alone.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

NAMESPACE = "AWS/SageMaker"

Dimensions = tuple[tuple[str, str], ...]
"""Names and values."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """One request that was sent to a model, and what came of it."""

    at: float
    """When it ended, in seconds since 1970."""
    endpoint: str
    variant: str
    config: str | None
    """The endpoint config of the fleet that answered, while two fleets serve."""
    instances: int
    """How many the variant has; 0 on serverless."""
    status: int | None
    """The HTTP status of the model's answer; None when it gave none."""
    model_us: float
    """How long the model took, in microseconds."""
    overhead_us: float
    """How much longer SageMaker took, in microseconds."""

    def values(self) -> Iterator[tuple[str, str, float]]:
        """Each metric's name, unit and value."""
        status = self.status or 0
        yield "Invocations", "Count", 1.0
        yield "Invocation4XXErrors", "Count", float(400 <= status < 500)
        yield "Invocation5XXErrors", "Count", float(500 <= status < 600)
        # "… requests which did not result in 2XX HTTP response. This includes 4XX/5XX status
        # codes, low-level socket errors, malformed HTTP responses, and request timeouts."
        yield "InvocationModelErrors", "Count", float(not 200 <= status < 300)
        yield "ModelLatency", "Microseconds", self.model_us
        yield "OverheadLatency", "Microseconds", self.overhead_us
        if self.instances:
            # "1/numberOfInstances is sent as the value on each request."
            yield "InvocationsPerInstance", "None", 1 / self.instances

    def dimensions(self) -> Iterator[Dimensions]:
        """Each set of dimensions under which they are published."""
        common = (("EndpointName", self.endpoint), ("VariantName", self.variant))
        yield common
        if self.config is not None:
            yield (*common, ("EndpointConfigName", self.config))


class InvocationMetrics:
    """The invocations that CloudWatch has not been told of yet.

    The warm path only notes each one; `take` is for a thread of its own.
    """

    def __init__(self) -> None:
        self._noted: deque[Invocation] = deque()

    def note(self, invocation: Invocation) -> None:
        """Remember one, from any thread."""
        self._noted.append(invocation)

    def take(self) -> Iterator[Invocation]:
        """Give those that were noted since the last time."""
        while self._noted:
            yield self._noted.popleft()
