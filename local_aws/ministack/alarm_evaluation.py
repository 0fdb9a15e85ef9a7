"""How CloudWatch decides on the state of a metric alarm.

Source: "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data"
(AmazonCloudWatch/latest/monitoring/alarm-evaluation.html, alarms-and-missing-data.html): more
periods than the evaluation periods are asked for, the most recent data points count, and missing
ones only matter when too few are there. Words are modelled on CloudWatch's own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_MORE_PERIODS = 2
"""How many more than the evaluation periods: as in the guide's table, which has 3 and 5."""

COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (
        lambda value, threshold: value >= threshold,
        "greater than or equal to",
    ),
    "GreaterThanThreshold": (lambda value, threshold: value > threshold, "greater than"),
    "LessThanThreshold": (lambda value, threshold: value < threshold, "less than"),
    "LessThanOrEqualToThreshold": (
        lambda value, threshold: value <= threshold,
        "less than or equal to",
    ),
}


@dataclass(frozen=True)
class Point:
    """One period's value."""

    start: float
    """When the period begins, in seconds since 1970."""
    value: float

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.start, UTC)
        return f"{self.value} ({when:%d/%m/%y %H:%M:%S})"


def periods(alarm: Mapping[str, Any], now: float) -> list[float]:
    """The starts of the periods that an evaluation asks for, the latest first.

    All are over: the one that is under way has not all of its data yet.
    """
    period = alarm["Period"]
    current = now // period * period
    count = alarm["EvaluationPeriods"] + _MORE_PERIODS
    return [current - number * period for number in range(1, count + 1)]


def verdict(alarm: Mapping[str, Any], found: Sequence[Point]) -> tuple[str, str] | None:
    """An alarm's new state and the reason for it; None when it stays what it is.

    Args:
        alarm: as DescribeAlarms shows it.
        found: the data points that exist in the periods, the latest first.
    """
    wanted = alarm["EvaluationPeriods"]
    needed = alarm.get("DatapointsToAlarm") or wanted
    missing_is = alarm.get("TreatMissingData") or "missing"
    breaches, words = COMPARISONS[alarm["ComparisonOperator"]]
    counted = list(found[:wanted])
    missing = wanted - len(counted)
    breaching = [one for one in counted if breaches(one.value, alarm["Threshold"])]
    if not counted:
        return _without_data(missing_is, wanted)
    bad = len(breaching) + (missing if missing_is == "breaching" else 0)
    if missing_is == "missing":
        needed = min(needed, len(counted))
    if missing_is == "ignore" and missing and bad == len(counted) < needed:
        return None
    is_alarm = bad >= needed
    shown = breaching if is_alarm and breaching else counted
    return ("ALARM" if is_alarm else "OK"), _reason(
        shown, is_alarm=is_alarm, words=words, threshold=alarm["Threshold"], wanted=wanted
    )


def _without_data(missing_is: str, wanted: int) -> tuple[str, str] | None:
    states = {"notBreaching": "OK", "breaching": "ALARM", "missing": "INSUFFICIENT_DATA"}
    state = states.get(missing_is)
    if state is None:
        return None
    periods_word = "period" if wanted == 1 else "periods"
    if state == "INSUFFICIENT_DATA":
        word = "datapoint was" if wanted == 1 else "datapoints were"
        return state, f"Insufficient Data: {wanted} {word} unknown."
    treated = "NonBreaching" if state == "OK" else "Breaching"
    word = "datapoint was" if wanted == 1 else "datapoints were"
    return state, (
        f"Threshold Crossed: no datapoints were received for {wanted} {periods_word} and"
        f" {wanted} missing {word} treated as [{treated}]."
    )


def _reason(
    shown: Sequence[Point], *, is_alarm: bool, words: str, threshold: float, wanted: int
) -> str:
    count = len(shown)
    subject = f"{count} out of the last {wanted} datapoints" if wanted > 1 else "1 datapoint"
    verb = "was" if count == 1 else "were"
    values = ", ".join(map(str, shown))
    negation = "" if is_alarm else "not "
    return (
        f"Threshold Crossed: {subject} [{values}] {verb} {negation}{words} the threshold"
        f" ({threshold})."
    )
