"""Create and Update: whether the training job has ended, and how."""

import logging
from collections.abc import Mapping
from typing import Any

from lambdas.custom_resource.messages import shown
from lambdas.training_job.jobs import kind_of
from lambdas.training_job.messages import TrainingJobError, logs_of
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.validation_accuracy import validation_accuracy

logger = logging.getLogger(__name__)


def completed_job(
    job: Mapping[str, Any], job_name: str, properties: TrainingJobProperties
) -> dict[str, str] | None:
    """Return the attributes of a job that completed with a model; None while it runs.

    Args:
        job: How it is described.
        job_name: Its name, or that of the tuning job whose best training job it is.
        properties: What the stack asks for.

    Raises:
        TrainingJobError: the job failed, was stopped, or left no model.
    """
    status = job.get("TrainingJobStatus")
    kind = kind_of(job_name).capitalize()
    logger.info("%s %s: %s/%s", kind, job_name, status, job.get("SecondaryStatus"))
    if status == "Completed":
        return _attributes(job, job_name)
    if status in {"Failed", "Stopped", "Deleting"}:
        raise _ended_without_a_model(job, job_name, properties)
    return None  # InProgress, Stopping, or a state of the future: the total timeout bounds it


def _attributes(job: Mapping[str, Any], job_name: str) -> dict[str, str]:
    model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if not model:
        raise TrainingJobError(
            f"The {kind_of(job_name)} {job_name} completed without a model.",
            after=logs_of(job_name),
        )
    return {
        "TrainingJobName": str(job["TrainingJobName"]),
        "ModelDataUrl": str(model),
        "ValidationAccuracy": validation_accuracy(job),
    }


def _ended_without_a_model(
    job: Mapping[str, Any], job_name: str, properties: TrainingJobProperties
) -> TrainingJobError:
    status = str(job.get("TrainingJobStatus"))
    secondary = str(job.get("SecondaryStatus", ""))
    reason = str(job.get("FailureReason", ""))
    if secondary == "MaxRuntimeExceeded":
        return TrainingJobError(
            f"The {kind_of(job_name)} {job_name} ended {status} ({secondary}): it took longer than "
            f"{properties.max_runtime_seconds} s.",
            detail=reason,
            after="Train with fewer epochs or less data, or on a larger instance type, and "
            f"deploy again. {logs_of(job_name)}",
        )
    ending = status if secondary in {"", status} else f"{status} ({shown(secondary)})"
    return TrainingJobError(
        f"The {kind_of(job_name)} {job_name} ended {ending}:",
        detail=reason or "SageMaker gives no reason.",
        after=f"Deploying again starts the next attempt. {logs_of(job_name)}",
    )
