"""The gate between a trained model and the endpoint."""

import math
from collections.abc import Mapping
from typing import Any, Final

from lambdas.training_job.messages import TrainingJobError, logs_of

METRIC: Final = "validation:accuracy"
"""The metric that BlazingText reports in supervised mode with a validation channel."""

_DECIMALS: Final = 4
"""The container prints accuracies with four; SageMaker stores them as 32-bit floats, in
which .9 is a little less than .9."""


def pass_gate(job: Mapping[str, Any], job_name: str, minimum_accuracy: float) -> float:
    """Return the validation accuracy of a completed job, to four decimals.

    Raises:
        TrainingJobError: it is missing, not a number, or below `minimum_accuracy`.
    """
    values = [
        metric.get("Value")
        for metric in job.get("FinalMetricDataList", [])
        if metric.get("MetricName") == METRIC
    ]
    try:
        accuracy = round(float(values[-1]), _DECIMALS) if values else math.nan
    except (TypeError, ValueError, OverflowError):
        accuracy = math.nan
    if not math.isfinite(accuracy):
        said = f"is not a number ({values[-1]})" if values else "is missing"
        raise TrainingJobError(
            f"The training job {job_name} completed, but its {METRIC} {said}, and the gate "
            f"demands at least {minimum_accuracy:g}.",
            after=f"Check that the validation file is not empty and its labels are those of the "
            f"training file. {logs_of(job_name)}",
        )
    if accuracy < minimum_accuracy:
        raise TrainingJobError(
            f"The training job {job_name} completed with a {METRIC} of {accuracy:.4f}, and the "
            f"gate demands at least {minimum_accuracy:g}: this model is not deployed.",
            after="Train on more or better data, change the hyperparameters (a higher "
            "LearningRate or more Epochs), or lower MinimumAccuracy, which reuses this job. "
            + logs_of(job_name),
        )
    return accuracy
