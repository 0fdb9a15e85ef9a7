"""The steps of a rollout, and what ends it early, on a clock of the test's own."""

from typing import Any

import pytest

from local_aws.sagemaker.fleet import Fleet, Traffic
from local_aws.sagemaker.rollout import Rollout, Step, planned

Size = tuple[str, int]


def config(kind: str, size: Size | None = None, **policy: Any) -> dict[str, Any]:
    routing: dict[str, Any] = {"Type": kind, "WaitIntervalInSeconds": 120}
    if size is not None:
        member = "CanarySize" if kind == "CANARY" else "LinearStepSize"
        routing[member] = {"Type": size[0], "Value": size[1]}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing} | policy}


def shares(rollout: Rollout) -> list[float]:
    return [round(step.share, 3) for step in rollout.steps]


def test_without_a_config_everything_moves_at_once_and_nothing_waits() -> None:
    assert planned(None, 2).steps == (Step(1.0, 0.0),)


def test_a_canary_serves_then_all_do_and_the_old_fleet_waits() -> None:
    rollout = planned(config("CANARY", ("INSTANCE_COUNT", 1), TerminationWaitInSeconds=60), 4)
    assert rollout.steps == (Step(0.25, 120.0), Step(1.0, 60.0))


def test_a_percentage_is_rounded_up_to_whole_instances() -> None:
    assert shares(planned(config("CANARY", ("CAPACITY_PERCENT", 10)), 3)) == [0.333, 1.0]


def test_linear_steps_are_equal_and_end_with_everything() -> None:
    rollout = planned(config("LINEAR", ("CAPACITY_PERCENT", 30)), 10)
    assert shares(rollout) == [0.3, 0.6, 0.9, 1.0]
    assert [step.baking_s for step in rollout.steps] == [120.0, 120.0, 120.0, 0.0]


def test_all_at_once_is_watched_until_the_old_fleet_ends() -> None:
    assert planned(config("ALL_AT_ONCE", TerminationWaitInSeconds=30), 2).steps == (
        Step(1.0, 30.0),
    )


def test_a_rolling_update_moves_batch_after_batch() -> None:
    batch = {"Type": "INSTANCE_COUNT", "Value": 1}
    policy = {"MaximumBatchSize": batch, "WaitIntervalInSeconds": 5}
    assert shares(planned({"RollingUpdatePolicy": policy}, 4)) == [0.25, 0.5, 0.75, 1.0]


class Course:
    """A rollout on a clock that only waiting moves."""

    def __init__(self, rollout: Rollout, *, alarm_at: float = 1e9, given_up_at: float = 1e9):
        self.now = 0.0
        self.shifts: list[tuple[float, float]] = []
        self._given_up_at = given_up_at

        def tripped() -> str | None:
            return "the alarm" if self.now >= alarm_at else None

        self.failure = rollout.carry_out(
            shift=lambda step: self.shifts.append((self.now, step.share)),
            tripped=tripped,
            wait=self.wait,
            clock=lambda: self.now,
            started=0.0,
        )

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return self.now >= self._given_up_at


CANARY = Rollout((Step(0.5, 120.0), Step(1.0, 60.0)), limit_s=600.0)


def test_each_step_begins_when_the_one_before_it_has_been_watched() -> None:
    course = Course(CANARY)
    assert (course.failure, course.shifts, course.now) == (None, [(0.0, 0.5), (120.0, 1.0)], 180.0)


@pytest.mark.parametrize("alarm_at", [0.0, 61.0, 119.5, 150.0])
def test_an_alarm_ends_it_whenever_it_goes_off(alarm_at: float) -> None:
    course = Course(CANARY, alarm_at=alarm_at)
    assert (course.failure, course.now) == ("the alarm", alarm_at)


def test_an_alarm_while_nothing_is_watched_ends_nothing() -> None:
    assert Course(Rollout((Step(1.0, 0.0),)), alarm_at=0.0).failure is None


def test_one_that_takes_too_long_goes_back() -> None:
    course = Course(Rollout((Step(0.5, 700.0), Step(1.0, 0.0)), limit_s=600.0))
    assert course.failure == (
        "The deployment did not complete within the maximum execution timeout of 600 seconds."
    )
    assert course.now == pytest.approx(600.5)


def test_one_that_is_given_up_ends_without_a_failure() -> None:
    course = Course(CANARY, given_up_at=10.0)
    assert (course.failure, course.now) == (None, 10.0)


@pytest.mark.parametrize("share", [0.1, 0.25, 1 / 3, 0.5, 1.0])
def test_no_stretch_of_requests_gives_the_new_fleet_more_than_its_share(
    share: float, tmp_path: Any
) -> None:
    old, new = Fleet(tmp_path, "old"), Fleet(tmp_path, "new")
    traffic = Traffic(old, new, share)
    picked = [traffic.pick() is new for _ in range(600)]
    assert sum(picked) == pytest.approx(600 * share, abs=1)
    for length in (3, 10, 50):
        most = max(sum(picked[i : i + length]) for i in range(600 - length))
        assert most <= length * share + 1
