"""How an alarm's state follows from its data points, present and missing."""

from typing import Any

import pytest

from local_aws.ministack.alarm_evaluation import Point, periods, verdict

MINUTE = 60.0


def alarm(**changes: Any) -> dict[str, Any]:
    return {
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
    } | changes


def points(pattern: str) -> list[Point]:
    """Data points as the developer guide writes them, the oldest first: `0`, `X`, `-`."""
    values = {"0": 0.0, "X": 5.0}
    latest_first = reversed(list(enumerate(pattern)))
    return [Point(MINUTE * i, values[sign]) for i, sign in latest_first if sign in values]


def state(pattern: str, treated: str, **changes: Any) -> str | None:
    decided = verdict(alarm(TreatMissingData=treated, **changes), points(pattern))
    return decided[0] if decided else None


# The two tables of "How alarm state is evaluated when data is missing": a row's pattern, and the
# states by how missing data are treated; None keeps the state.
KEPT = None


@pytest.mark.parametrize(
    ("pattern", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "OK", "OK", "OK", "OK"),
        ("0----", "OK", "OK", "OK", "OK"),
        ("-----", "INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
        ("0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", "ALARM", KEPT, "ALARM", "OK"),
    ],
)
def test_three_of_three(
    pattern: str, missing: str, ignore: str | None, breaching: str, not_breaching: str
) -> None:
    assert [state(pattern, how) for how in ("missing", "ignore", "breaching", "notBreaching")] == [
        missing,
        ignore,
        breaching,
        not_breaching,
    ]


@pytest.mark.parametrize(
    ("pattern", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", "OK", "OK", "ALARM", "OK"),
        ("----0", "OK", "OK", "ALARM", "OK"),
        ("---X-", "ALARM", KEPT, "ALARM", "OK"),
    ],
)
def test_two_of_three(
    pattern: str, missing: str, ignore: str | None, breaching: str, not_breaching: str
) -> None:
    treated = ("ignore", "breaching", "notBreaching")
    found = [state(pattern, how, DatapointsToAlarm=2) for how in treated]
    assert found == [ignore, breaching, not_breaching]
    assert state(pattern, "missing", DatapointsToAlarm=2) == missing


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("GreaterThanThreshold", 1.0, "OK"),
        ("GreaterThanOrEqualToThreshold", 1.0, "ALARM"),
        ("LessThanThreshold", 1.0, "OK"),
        ("LessThanOrEqualToThreshold", 1.0, "ALARM"),
        ("LessThanThreshold", 0.5, "ALARM"),
    ],
)
def test_each_comparison(operator: str, value: float, expected: str) -> None:
    decided = verdict(alarm(ComparisonOperator=operator, EvaluationPeriods=1), [Point(0.0, value)])
    assert decided is not None
    assert decided[0] == expected


def test_only_periods_that_are_over_count() -> None:
    assert periods(alarm(EvaluationPeriods=1), 150.0) == [60.0, 0.0, -60.0]


def test_the_reason_of_one_period() -> None:
    decided = verdict(alarm(EvaluationPeriods=1), [Point(1_764_000_000.0, 5.0)])
    assert decided == (
        "ALARM",
        "Threshold Crossed: 1 datapoint [5.0 (24/11/25 16:00:00)] was greater than the threshold"
        " (1.0).",
    )


def test_the_reason_of_several_periods_shows_those_that_breach() -> None:
    decided = verdict(alarm(DatapointsToAlarm=2), points("X0X"))
    assert decided is not None
    assert decided[1] == (
        "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (01/01/70 00:02:00), 5.0"
        " (01/01/70 00:00:00)] were greater than the threshold (1.0)."
    )


def test_the_reason_without_data() -> None:
    decided = verdict(alarm(TreatMissingData="notBreaching", EvaluationPeriods=1), [])
    assert decided == (
        "OK",
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was"
        " treated as [NonBreaching].",
    )
