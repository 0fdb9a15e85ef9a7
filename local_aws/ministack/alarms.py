"""CloudWatch's metric alarms, evaluated period by period.

ministack 1.5.33 (cloudwatch.py:297) evaluates an alarm only when somebody calls PutMetricData, on
everything since then whatever its dimensions, and knows neither periods nor missing data.
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from local_aws.ministack.alarm_evaluation import COMPARISONS, Point, periods, verdict
from local_aws.sagemaker.scope import Scope

# Points come nearly in the order of time; after so many that are too old, none is to be expected.
_OLD_IN_A_ROW = 1_000


class Alarms:
    """The metric alarms of every account and region."""

    def __init__(self) -> None:
        """Evaluate alarms from now on, when one is put and whenever `evaluate` is called."""
        self._seen: dict[tuple[Scope, str], tuple[Any, ...]] = {}
        cloudwatch._evaluate_alarm = self._put
        # They are evaluated as time goes by.
        cloudwatch._evaluate_all_alarms = lambda: None

    def scopes(self) -> set[Scope]:
        """Where there are alarms."""
        return {Scope(account, region) for account, region, _ in list(cloudwatch._alarms._data)}

    def evaluate(self, scope: Scope, now: float) -> bool:
        """Evaluate the alarms of an account and region, in whose context this is called.

        Each is looked at once a period, and again when data come late: so a state that
        SetAlarmState gives lasts until the next period.

        Returns:
            Whether the state of one has changed.
        """
        changed = False
        for name, alarm in cloudwatch._alarms.items():
            if not _is_evaluated(alarm):
                continue
            seen = _seen(alarm, now)
            if self._seen.get((scope, name)) != seen:
                self._seen[scope, name] = seen
                changed |= evaluate_alarm(alarm, now)
        return changed

    def _put(self, alarm: dict[str, Any]) -> None:
        now = time.time()
        evaluate_alarm(alarm, now)
        if _is_evaluated(alarm):
            scope = Scope(get_account_id(), get_region())
            self._seen[scope, alarm["AlarmName"]] = _seen(alarm, now)


def alarm_states(scope: Scope, names: Iterable[str]) -> dict[str, str]:
    """The states of those of these alarms that an account has in a region, composite or not."""
    found = {}
    for name in names:
        for store in (cloudwatch._alarms, cloudwatch._composite_alarms):
            if alarm := store.get_scoped(scope.account, scope.region, name):
                found[name] = alarm["StateValue"]
    return found


def evaluate_alarm(alarm: dict[str, Any], now: float) -> bool:
    """Give an alarm the state that its data ask for; returns whether it is another one."""
    if not _is_evaluated(alarm):
        return False
    decided = verdict(alarm, list(_data(alarm, periods(alarm, now))))
    old = alarm["StateValue"]
    if decided is None or decided[0] == old:
        return False
    new, reason = decided
    alarm["StateValue"], alarm["StateReason"] = new, reason
    alarm["StateUpdatedTimestamp"] = int(now)
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
    return True


def _seen(alarm: dict[str, Any], now: float) -> tuple[Any, ...]:
    """What an evaluation goes by."""
    over = periods(alarm, now)
    return over[0], _data(alarm, over)


def _is_evaluated(alarm: dict[str, Any]) -> bool:
    """Whether it watches one metric, by a threshold; what does not keeps its state."""
    return bool(alarm.get("MetricName")) and alarm.get("ComparisonOperator") in COMPARISONS


def _data(alarm: dict[str, Any], starts: list[float]) -> tuple[Point, ...]:
    """An alarm's data points in these periods, the latest first."""
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    period = alarm["Period"]
    by_period: dict[float, list[dict[str, Any]]] = defaultdict(list)
    for point in _recent(alarm, since=starts[-1]):
        by_period[point["Timestamp"] // period * period].append(point)
    found = []
    for start in starts:
        points = by_period.get(start)
        if not points:
            continue
        value = cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points)
        if value is not None:
            found.append(Point(start, float(value)))
    return tuple(found)


def _recent(alarm: dict[str, Any], *, since: float) -> Iterator[dict[str, Any]]:
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
    key = (alarm["Namespace"], alarm["MetricName"], cloudwatch._dims_key(dimensions))
    old = 0
    for point in reversed(cloudwatch._metrics.get(key) or ()):
        if point["Timestamp"] < since:
            old += 1
            if old > _OLD_IN_A_ROW:
                return
        elif alarm.get("Unit") in {None, "", point["Unit"]}:
            old = 0
            yield point
