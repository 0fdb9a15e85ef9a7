"""Metrics as of one moment, without a copy of each data point, of which every call adds some.

ministack 1.5.33 copies all of them (cloudwatch.py:115), which would hold the event loop up, and
beside it meets functions that add to them meanwhile.
"""

import copy
from typing import Any

from ministack.services import cloudwatch

STORES = (
    "alarms",
    "composite_alarms",
    "composite_triggers",
    "alarm_history",
    "dashboards",
    "resource_tags",
)
"""What cloudwatch.py:115 saves beside the metrics; the module has each with an underscore."""


def state_of_metrics() -> dict[str, Any]:
    """The service's state; only the data points themselves, which never change, are shared."""
    metrics = type(cloudwatch._metrics)()
    # Each of these copies is one step of the interpreter, in which no other thread adds anything.
    series = cloudwatch._metrics._data.copy()
    metrics._data = {key: points.copy() for key, points in series.items()}
    stores = {name: copy.deepcopy(getattr(cloudwatch, f"_{name}")) for name in STORES}
    return {"metrics": metrics, **stores}
