"""Alarms on what is in CloudWatch's store."""

from typing import Any

import pytest
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch

from local_aws.ministack.alarms import Alarms, alarm_states, evaluate_alarm
from local_aws.ministack.embedded_metrics import embedded
from local_aws.ministack.minute_metrics import Datum, MinuteMetrics, keep_metrics_in_place
from local_aws.sagemaker.scope import Scope

HERE = Scope()
GREEN = (("EndpointName", "sentiment"), ("EndpointConfigName", "green"))
BLUE = (("EndpointName", "sentiment"), ("EndpointConfigName", "blue"))
NOON = 1_764_072_000.0
STORES = ("_metrics", "_alarms", "_composite_alarms", "_alarm_history")
FUNCTIONS = ("_evaluate_alarm", "_evaluate_all_alarms", "_evict_old_metrics")


@pytest.fixture(autouse=True)
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudWatch without anything in it, and with its own functions afterwards."""
    for store in STORES:
        monkeypatch.setattr(cloudwatch, store, AccountRegionScopedDict())
    for function in FUNCTIONS:
        monkeypatch.setattr(cloudwatch, function, getattr(cloudwatch, function))


def datum(value: float, *, at: float = NOON, **changes: Any) -> Datum:
    return Datum(
        **{
            "scope": HERE,
            "namespace": "AWS/SageMaker",
            "name": "InvocationModelErrors",
            "dimensions": GREEN,
            "unit": "Count",
            "value": value,
            "at": at,
            **changes,
        }
    )


def put_alarm(name: str = "errors", **changes: Any) -> dict[str, Any]:
    alarm = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}",
        "Namespace": "AWS/SageMaker",
        "MetricName": "InvocationModelErrors",
        "Dimensions": [{"Name": key, "Value": value} for key, value in GREEN],
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 0.05,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "StateValue": "INSUFFICIENT_DATA",
    } | changes
    cloudwatch._alarms[name] = alarm
    return alarm


def points(name: str = "InvocationModelErrors") -> list[tuple[float, float, float]]:
    stored = cloudwatch._metrics[("AWS/SageMaker", name, cloudwatch._dims_key(dict(GREEN)))]
    return [(one["Timestamp"], one["Value"], one["Count"]) for one in stored]


def test_a_minutes_equal_values_are_one_point_that_grows() -> None:
    metrics = MinuteMetrics()
    metrics.add([datum(0.0), datum(1.0), datum(0.0, at=NOON + 59)])
    metrics.add([datum(0.0, at=NOON + 30)])
    assert points() == [(NOON, 0.0, 3.0), (NOON, 1.0, 1.0)]


def test_the_next_minute_has_points_of_its_own() -> None:
    metrics = MinuteMetrics()
    metrics.add([datum(0.0), datum(0.0, at=NOON + 60), datum(0.0, at=NOON + 61)])
    assert points() == [(NOON, 0.0, 1.0), (NOON + 60, 0.0, 2.0)]


def test_a_value_that_comes_late_joins_its_minute() -> None:
    metrics = MinuteMetrics()
    metrics.add([datum(0.0, at=NOON + 60)])
    metrics.add([datum(1.0)])
    metrics.add([datum(0.0, at=NOON + 60)])
    assert sorted(points()) == [(NOON, 1.0, 1.0), (NOON + 60, 0.0, 1.0), (NOON + 60, 0.0, 1.0)]


def test_latencies_are_kept_to_three_digits_and_rates_exactly() -> None:
    metrics = MinuteMetrics()
    metrics.add([datum(1 / 3), datum(12345.6, unit="Microseconds", name="ModelLatency")])
    assert points() == [(NOON, 1 / 3, 1.0)]
    assert points("ModelLatency") == [(NOON, 12300.0, 1.0)]


def test_a_rate_above_the_threshold_is_an_alarm_once_its_minute_is_over() -> None:
    alarm = put_alarm()
    MinuteMetrics().add([datum(0.0)] * 9 + [datum(1.0)])
    evaluate_alarm(alarm, NOON + 59)
    assert alarm["StateValue"] == "OK"
    assert evaluate_alarm(alarm, NOON + 60)
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 datapoint [0.1 (")


def test_another_fleets_errors_are_not_the_alarms() -> None:
    alarm = put_alarm()
    MinuteMetrics().add([datum(1.0, dimensions=BLUE)])
    evaluate_alarm(alarm, NOON + 60)
    assert alarm["StateValue"] == "OK"


def test_a_percentile() -> None:
    alarm = put_alarm(MetricName="ModelLatency", ExtendedStatistic="p99", Threshold=1e6)
    fast = datum(5e3, unit="Microseconds", name="ModelLatency")
    slow = datum(2e6, unit="Microseconds", name="ModelLatency")
    MinuteMetrics().add([fast] * 98 + [slow] * 2)
    evaluate_alarm(alarm, NOON + 60)
    assert alarm["StateValue"] == "ALARM"


def test_a_change_of_state_is_in_the_history() -> None:
    alarm = put_alarm(StateValue="OK")
    MinuteMetrics().add([datum(1.0)])
    evaluate_alarm(alarm, NOON + 60)
    (entry,) = cloudwatch._history_entries()
    assert entry["HistorySummary"] == "Alarm updated from OK to ALARM"


def test_an_alarm_that_gets_another_metric_is_evaluated_on_that_at_once() -> None:
    Alarms()
    put_alarm(StateValue="ALARM")
    other = put_alarm(Dimensions=[{"Name": key, "Value": value} for key, value in BLUE])
    cloudwatch.cloudformation_put_metric_alarm(other | {"StateValue": "ALARM"})
    assert alarm_states(HERE, ["errors"]) == {"errors": "OK"}


def test_a_state_that_was_set_lasts_until_the_next_period() -> None:
    alarms, alarm = Alarms(), put_alarm()
    assert alarms.evaluate(HERE, NOON + 1)
    alarm["StateValue"] = "ALARM"
    assert not alarms.evaluate(HERE, NOON + 2)
    assert alarms.evaluate(HERE, NOON + 60)
    assert alarm["StateValue"] == "OK"


def test_an_alarm_that_does_not_exist_has_no_state() -> None:
    put_alarm()
    assert alarm_states(HERE, ["errors", "gone"]) == {"errors": "INSUFFICIENT_DATA"}
    assert alarm_states(Scope(region="eu-west-1"), ["errors"]) == {}


def test_points_of_more_than_two_weeks_are_cut_off() -> None:
    keep_metrics_in_place()
    MinuteMetrics().add([datum(1.0, at=0.0), datum(0.0, at=4e9)])
    cloudwatch._evict_old_metrics()
    assert [value for _, value, _ in points()] == [0.0]


def test_embedded_metrics_are_read_for_each_set_of_dimensions() -> None:
    line = (
        '{"_aws": {"Timestamp": 1764072000500, "CloudWatchMetrics": [{"Namespace": "Sentiment",'
        ' "Dimensions": [["service"], ["service", "kind"]], "Metrics": [{"Name": "Errors",'
        ' "Unit": "Count"}]}]}, "service": "Alice-sentiment", "kind": "throttled", "Errors": [1.0]}'
    )
    read = list(embedded(line, 0, HERE))
    assert [one.dimensions for one in read] == [
        (("service", "Alice-sentiment"),),
        (("service", "Alice-sentiment"), ("kind", "throttled")),
    ]
    assert {(one.namespace, one.name, one.value, one.at) for one in read} == {
        ("Sentiment", "Errors", 1.0, NOON + 0.5)
    }


@pytest.mark.parametrize(
    "line", ['"CloudWatchMetrics"', '{"_aws": {"CloudWatchMetrics": [{}]}}', "{"]
)
def test_a_line_that_is_not_of_the_format_has_no_metrics(line: str) -> None:
    assert list(embedded(line, 0, HERE)) == []
