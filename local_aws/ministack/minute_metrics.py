"""Data points at CloudWatch's standard resolution: one minute, each value with its count.

AWS's services publish once a minute. Here a minute's points are there a second after the request
that they count, and grow until the minute is over; and there are as many of them as different
values, not as many as requests.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ministack.services import cloudwatch

from local_aws.sagemaker.scope import Scope

_MINUTE_S = 60
# A latency is kept to 0.5 %, so that a minute of any traffic has some hundred values;
# CloudWatch's own percentiles are estimates too.
_ROUNDED_UNITS = {"Microseconds", "Milliseconds", "Seconds"}
_DIGITS = 3
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Datum:
    """One value of one metric."""

    scope: Scope
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    unit: str
    value: float
    at: float
    """When, in seconds since 1970."""


_Series = tuple[Scope, str, str, tuple[tuple[str, str], ...], str]


@dataclass
class _Open:
    """The minute of a series to which values are still added."""

    minute: int
    values: Counter[float] = field(default_factory=Counter)
    written: int = 0
    """How many points at the end of its list are this minute's."""


class MinuteMetrics:
    """What puts values into CloudWatch's store; used by one thread."""

    def __init__(self) -> None:
        self._open: dict[_Series, _Open] = {}

    def add(self, data: Iterable[Datum]) -> None:
        """Add values to their minutes."""
        touched = set()
        for one in data:
            series = (one.scope, one.namespace, one.name, one.dimensions, one.unit)
            minute = int(one.at // _MINUTE_S) * _MINUTE_S
            opened = self._open.get(series)
            if opened is None or opened.minute != minute:
                if series in touched:
                    self._write(series)
                opened = self._open[series] = _Open(minute)
            opened.values[_kept(one)] += 1
            touched.add(series)
        for series in touched:
            self._write(series)

    def _write(self, series: _Series) -> None:
        scope, namespace, name, dimensions, unit = series
        opened, named = self._open[series], dict(dimensions)
        points: list[dict[str, Any]] = [
            {
                "Timestamp": float(opened.minute),
                "Value": value,
                "Count": float(count),
                "Unit": unit,
                "Dimensions": named,
            }
            for value, count in opened.values.items()
        ]
        key = (namespace, name, cloudwatch._dims_key(named))
        stored = cloudwatch._metrics.get_scoped(scope.account, scope.region, key)
        if stored is None:
            stored = []
            cloudwatch._metrics.set_scoped(scope.account, scope.region, key, stored)
        # One step of the interpreter: whoever reads meanwhile sees the minute as it was.
        stored[len(stored) - opened.written :] = points
        opened.written = len(points)


def keep_metrics_in_place() -> None:
    """cloudwatch.py:192 copies every data point of every metric at each request.

    That takes as long as there are many, and what another thread adds meanwhile is lost. Here old
    ones are cut off where they are, once a day.
    """
    due = 0.0

    def evict() -> None:
        nonlocal due
        now = time.time()
        if now < due:
            return
        due = now + _DAY_S
        cutoff = now - cloudwatch.TWO_WEEKS_SECONDS
        for points in list(cloudwatch._metrics._data.values()):
            fresh = next((i for i, one in enumerate(points) if one["Timestamp"] >= cutoff), None)
            del points[: len(points) if fresh is None else fresh]

    cloudwatch._evict_old_metrics = evict


def _kept(datum: Datum) -> float:
    if datum.unit not in _ROUNDED_UNITS:
        return datum.value
    return float(f"{datum.value:.{_DIGITS}g}")
