"""How a deployment moves the traffic from the old fleet to the new one, step by step."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

# Without a value, SageMaker's is not documented; the longest that may be asked for.
_DEFAULT_LIMIT_S = 28_800.0
# How often the alarms are looked at; SageMaker's interval is not documented.
_LOOK_INTERVAL_S = 0.5


@dataclass(frozen=True)
class Step:
    """A share of the traffic for the new fleet, and how long the alarms watch it then."""

    share: float
    """Above 0 and at most 1."""
    baking_s: float


@dataclass(frozen=True)
class Rollout:
    """The steps of one deployment."""

    steps: tuple[Step, ...] = (Step(1.0, 0.0),)
    limit_s: float = _DEFAULT_LIMIT_S
    """A deployment that has not ended after so many seconds is rolled back."""

    def carry_out(
        self,
        *,
        shift: Callable[[Step], None],
        tripped: Callable[[], str | None],
        wait: Callable[[float], bool],
        clock: Callable[[], float],
        started: float,
    ) -> str | None:
        """Go through the steps; returns when all are done, or the deployment must go back.

        Args:
            shift: gives the new fleet a step's share of the traffic.
            tripped: why an alarm stops the deployment, or None.
            wait: waits so many seconds; True when the deployment was given up meanwhile.
            clock: gives the time in seconds.
            started: when the deployment began, by that clock.

        Returns:
            Why it must go back; None when it is done, or was given up.
        """
        for step in self.steps:
            shift(step)
            ends = clock() + step.baking_s
            while (left_s := ends - clock()) > 0:
                if reason := tripped():
                    return reason
                if clock() - started > self.limit_s:
                    return (
                        f"The deployment did not complete within the maximum execution timeout of"
                        f" {self.limit_s:g} seconds."
                    )
                if wait(min(_LOOK_INTERVAL_S, left_s)):
                    return None
        return None


def planned(config: Mapping[str, Any] | None, instances: int) -> Rollout:
    """The rollout that a DeploymentConfig asks for; without one, everything moves at once.

    Args:
        config: a DeploymentConfig that was checked.
        instances: how many instances the new fleet has.
    """
    config = config or {}
    if rolling := config.get("RollingUpdatePolicy"):
        batch = _share(rolling["MaximumBatchSize"], instances)
        wait_s = float(rolling["WaitIntervalInSeconds"])
        steps = [Step(share, wait_s) for share in _shares(batch)]
        return Rollout(tuple(steps), _limit(rolling))
    if not (policy := config.get("BlueGreenUpdatePolicy")):
        return Rollout()
    routing = policy["TrafficRoutingConfiguration"]
    wait_s = float(routing["WaitIntervalInSeconds"])
    # "Additional waiting time in seconds after the completion of an endpoint deployment before
    # terminating the old endpoint fleet" (API reference): the last baking period.
    last = Step(1.0, float(policy.get("TerminationWaitInSeconds", 0)))
    if routing["Type"] == "CANARY":
        steps = [Step(_share(routing["CanarySize"], instances), wait_s), last]
    elif routing["Type"] == "LINEAR":
        shares = list(_shares(_share(routing["LinearStepSize"], instances)))
        steps = [*(Step(share, wait_s) for share in shares[:-1]), last]
    else:
        steps = [last]
    return Rollout(tuple(steps), _limit(policy))


def _share(size: Mapping[str, Any], instances: int) -> float:
    """The share of the traffic that goes to a number of instances, or a percentage of them."""
    if size["Type"] == "INSTANCE_COUNT":
        return float(min(1.0, size["Value"] / instances))
    return float(math.ceil(instances * size["Value"] / 100) / instances)


def _shares(step: float) -> Iterator[float]:
    """A step, two steps, …, everything."""
    count = math.ceil(1 / step - 1e-9)
    for number in range(1, count):
        yield number * step
    yield 1.0


def _limit(policy: Mapping[str, Any]) -> float:
    return float(policy.get("MaximumExecutionTimeoutInSeconds", _DEFAULT_LIMIT_S))
