"""What is paid for by the month: alarms, dashboards, keys, storage, private connections."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployment.cost.line import Line, Section
from deployment.cost.price_table import (
    ALARM,
    COMPOSITE_ALARM,
    DASHBOARD,
    KEY,
    STORED,
    VPC_ENDPOINT_HOUR,
    Rate,
)
from deployment.cost.template import Resource, Templates
from deployment.cost.work import HOURS_A_MONTH, Work

_SERIES_OF_A_BAND = 3
"""An anomaly alarm is paid as three: the metric, and both edges of its band."""
_HIGH_RESOLUTION_SECONDS = 60
_HIGH_RESOLUTION = 3
"""Times the price of a standard alarm."""


def alarms(resources: Sequence[Resource], _templates: Templates, _work: Work) -> Iterator[Line]:
    """Metric alarms, by the metrics that they look at."""
    count = sum(_watched_metrics(one.properties) for one in resources)
    what = f"{len(resources)} alarms" + (f" on {count} metrics" if count != len(resources) else "")
    yield Line(section=Section.IDLE, what=what, quantity=count, rate=ALARM)


def _watched_metrics(alarm: Mapping[str, Any]) -> int:
    queries = alarm.get("Metrics", ())
    periods = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    band = any("ANOMALY_DETECTION_BAND" in str(query.get("Expression")) for query in queries)
    count = _SERIES_OF_A_BAND if band else max(1, len(periods))
    periods = periods or [alarm.get("Period", _HIGH_RESOLUTION_SECONDS)]
    fast = any(float(period) < _HIGH_RESOLUTION_SECONDS for period in periods)
    return count * _HIGH_RESOLUTION if fast else count


def counted(rate: Rate, what: str) -> Any:
    """A pricer of things that each cost the same a month."""

    def price(resources: Sequence[Resource], _templates: Templates, _work: Work) -> Iterator[Line]:
        count = len(resources)
        plural = "" if count == 1 else "s"
        yield Line(section=Section.IDLE, what=f"{count} {what}{plural}", quantity=count, rate=rate)

    return price


composite_alarms = counted(COMPOSITE_ALARM, "composite alarm")
dashboards = counted(DASHBOARD, "dashboard")
keys = counted(KEY, "key")


def buckets(resources: Sequence[Resource], _templates: Templates, work: Work) -> Iterator[Line]:
    """What buckets hold, by assumption."""
    count = len(resources)
    yield Line(
        section=Section.IDLE,
        what=f"{count} bucket{'' if count == 1 else 's'} with {work.stored_gb:g} GB each",
        quantity=count * work.stored_gb,
        rate=STORED,
    )


def vpc_endpoints(
    resources: Sequence[Resource], _templates: Templates, _work: Work
) -> Iterator[Line]:
    """Interface endpoints, one for each subnet; gateway endpoints are free."""
    interfaces = [one for one in resources if one.properties.get("VpcEndpointType") == "Interface"]
    subnets = sum(len(one.properties["SubnetIds"]) for one in interfaces)
    if interfaces:
        yield Line(
            section=Section.IDLE,
            what=f"{len(interfaces)} VPC endpoints in {subnets} subnets",
            quantity=subnets * HOURS_A_MONTH,
            rate=VPC_ENDPOINT_HOUR,
        )
