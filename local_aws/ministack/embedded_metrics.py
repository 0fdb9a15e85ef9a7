"""Metrics that a function writes as log lines: CloudWatch's embedded metric format.

Source: "Specification: Embedded metric format" (AmazonCloudWatch/latest/monitoring/
CloudWatch_Embedded_Metric_Format_Specification.html).
"""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ministack.services import cloudwatch_logs

from local_aws.ministack.minute_metrics import Datum
from local_aws.sagemaker.scope import Scope

_MARK = '"CloudWatchMetrics"'


class EmbeddedMetrics:
    """The values that have been logged, and that CloudWatch has not been told of yet."""

    def __init__(self, scope: Callable[[], Scope]) -> None:
        """Read from now on what is logged.

        cloudwatch_logs.py:588 keeps such lines as any other.

        Args:
            scope: gives the account and region in which something is logged.
        """
        self._noted: deque[Datum] = deque()
        append = cloudwatch_logs._append_log_events

        def noticing(stream: Any, events: Any) -> Any:
            for event in events:
                message = event.get("message", "")
                if _MARK in message:
                    self._noted.extend(embedded(message, event.get("timestamp", 0), scope()))
            return append(stream, events)

        cloudwatch_logs._append_log_events = noticing

    def take(self) -> Iterator[Datum]:
        """Give those that were noted since the last time."""
        while self._noted:
            yield self._noted.popleft()


def embedded(message: str, logged_ms: float, scope: Scope) -> Iterator[Datum]:
    """The values in one log line; a line that is not of the format has none."""
    try:
        line = json.loads(message)
        directives = line["_aws"]["CloudWatchMetrics"]
        at = line["_aws"].get("Timestamp", logged_ms) / 1000
        for directive in directives:
            yield from _values(line, directive, at, scope)
    except (ValueError, KeyError, TypeError, AttributeError):
        return


def _values(
    line: Mapping[str, Any], directive: Mapping[str, Any], at: float, scope: Scope
) -> Iterator[Datum]:
    for names in directive.get("Dimensions") or [[]]:
        dimensions = tuple((name, str(line[name])) for name in names)
        for metric in directive["Metrics"]:
            value = line[metric["Name"]]
            for one in value if isinstance(value, list) else [value]:
                yield Datum(
                    scope=scope,
                    namespace=directive["Namespace"],
                    name=metric["Name"],
                    dimensions=dimensions,
                    unit=metric.get("Unit", "None"),
                    value=float(one),
                    at=at,
                )
