"""What an event's age still allows, to the second."""

import pytest

from lambdas.training_job.event_age import (
    ANSWER_WITHIN_SECONDS,
    SETTLE_SECONDS,
    START_WITHIN_SECONDS,
    EventAge,
)


@pytest.mark.parametrize(("seconds", "may"), [(0, True), (START_WITHIN_SECONDS, False)])
def test_job_is_started_within_its_time_or_not_at_all(seconds: float, may: bool) -> None:
    assert EventAge(seconds).may_start is may


@pytest.mark.parametrize(("early", "settled"), [(0.1, False), (0, True)])
def test_event_has_settled_when_no_request_is_on_its_way(early: float, settled: bool) -> None:
    assert EventAge(SETTLE_SECONDS - early).is_settled is settled


@pytest.mark.parametrize(("early", "overdue"), [(0.1, False), (0, True)])
def test_answer_is_overdue_at_the_limit(early: float, overdue: bool) -> None:
    assert EventAge(ANSWER_WITHIN_SECONDS - early).is_overdue is overdue
