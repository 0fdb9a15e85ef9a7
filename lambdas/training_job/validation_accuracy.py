"""What a training job says of its own accuracy."""

import math
from collections.abc import Mapping
from typing import Any, Final

METRIC: Final = "validation:accuracy"
"""The metric that BlazingText reports in supervised mode with a validation channel."""

_DECIMALS: Final = 4
"""The container prints accuracies with four; SageMaker stores them as 32-bit floats, in
which .9 is a little less than .9."""


def validation_accuracy(job: Mapping[str, Any]) -> str:
    """Return the accuracy that a completed job reports, to four decimals; "nan" without one.

    For information only: what stands before the endpoint is the evaluation of the model.
    """
    values = [
        metric.get("Value")
        for metric in job.get("FinalMetricDataList", [])
        if metric.get("MetricName") == METRIC
    ]
    try:
        accuracy = float(values[-1]) if values else math.nan
    except (TypeError, ValueError, OverflowError):
        accuracy = math.nan
    return f"{accuracy:.{_DECIMALS}f}" if math.isfinite(accuracy) else "nan"
