"""A hyperparameter tuning job, seen as the training job that comes out of it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from lambdas.training_job.aws_api import Aws, is_unknown_job

_CONFIG: Final = "HyperParameterTuningJobConfig"


def as_training_job(aws: Aws, tuning: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a tuning job in the words of DescribeTrainingJob.

    What it was asked for is the definition of its training jobs, with the fixed
    hyperparameters alone. Once it has completed, its name, model and metrics are those of the
    best training job; one that was deleted since left no model.

    Args:
        aws: the services.
        tuning: DescribeHyperParameterTuningJob's answer.
    """
    definition = tuning.get("TrainingJobDefinition", {})
    described = {
        **definition,
        "HyperParameters": {
            name: value
            for name, value in definition.get("StaticHyperParameters", {}).items()
            if not name.startswith("_")  # SageMaker's own
        },
        _CONFIG: tuning.get(_CONFIG, {}),
        "TrainingJobStatus": _status(tuning),
        "SecondaryStatus": "MaxRuntimeExceeded" if _is_out_of_time(tuning) else "",
        "FailureReason": tuning.get("FailureReason", ""),
    }
    if described["TrainingJobStatus"] != "Completed":
        return described
    best = _describe_best(aws, tuning)
    shown = ("TrainingJobName", "ModelArtifacts", "FinalMetricDataList")
    return described | {member: best[member] for member in shown if member in best}


def _status(tuning: Mapping[str, Any]) -> str:
    """A search that used up its time has completed if it has found anything."""
    status = str(tuning.get("HyperParameterTuningJobStatus"))
    best = tuning.get("BestTrainingJob", {}).get("TrainingJobStatus")
    if status == "Stopped" and _is_out_of_time(tuning) and best == "Completed":
        return "Completed"
    return status


def _is_out_of_time(tuning: Mapping[str, Any]) -> bool:
    limits = tuning.get(_CONFIG, {}).get("ResourceLimits", {})
    begun, ended = tuning.get("CreationTime"), tuning.get("HyperParameterTuningEndTime")
    return (
        isinstance(begun, datetime)
        and isinstance(ended, datetime)
        and (ended - begun).total_seconds() >= limits.get("MaxRuntimeInSeconds", float("inf"))
    )


def _describe_best(aws: Aws, tuning: Mapping[str, Any]) -> Mapping[str, Any]:
    best = tuning.get("BestTrainingJob", {}).get("TrainingJobName")
    if best is None:
        return {}
    try:
        return aws.sagemaker.describe_training_job(TrainingJobName=best)
    except ClientError as error:
        if is_unknown_job(error):
            return {}
        raise
