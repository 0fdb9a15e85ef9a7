"""Create and Update: whether the training job has ended, and how."""

import logging
from collections.abc import Mapping
from typing import Any

from lambdas.training_job.aws_api import Aws, describe
from lambdas.training_job.messages import TrainingJobError, logs_of, shown
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.quality_gate import pass_gate

logger = logging.getLogger(__name__)


def completed_job(
    aws: Aws, job_name: str, properties: TrainingJobProperties, create_error: str
) -> dict[str, str] | None:
    """Return the attributes of a job that completed and passed the gate; None while it runs.

    Args:
        aws: The services.
        job_name: A job of this prefix.
        properties: What the stack asks for.
        create_error: What made it uncertain that the job was created, or "".

    Raises:
        TrainingJobError: the job failed, was stopped, is below the gate, or does not exist.
    """
    job = describe(aws, job_name)
    if job is None:
        raise TrainingJobError(
            f"The training job {job_name} was never created, or was deleted since.",
            detail=create_error,
            after="Deploy again.",
        )
    status = job.get("TrainingJobStatus")
    logger.info("Training job %s: %s/%s", job_name, status, job.get("SecondaryStatus"))
    if status == "Completed":
        return _attributes(job, job_name, properties)
    if status in {"Failed", "Stopped", "Deleting"}:
        raise _ended_without_a_model(job, job_name, properties)
    return None  # InProgress, Stopping, or a state of the future: the total timeout bounds it


def _attributes(
    job: Mapping[str, Any], job_name: str, properties: TrainingJobProperties
) -> dict[str, str]:
    accuracy = pass_gate(job, job_name, properties.minimum_accuracy)
    model = job.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    if not model:
        raise TrainingJobError(
            f"The training job {job_name} completed without a model.", after=logs_of(job_name)
        )
    return {
        "TrainingJobName": job_name,
        "ModelDataUrl": str(model),
        "ValidationAccuracy": f"{accuracy:.4f}",
    }


def _ended_without_a_model(
    job: Mapping[str, Any], job_name: str, properties: TrainingJobProperties
) -> TrainingJobError:
    status = str(job.get("TrainingJobStatus"))
    secondary = str(job.get("SecondaryStatus", ""))
    reason = str(job.get("FailureReason", ""))
    if secondary == "MaxRuntimeExceeded":
        return TrainingJobError(
            f"The training job {job_name} ended {status} ({secondary}): it took longer than "
            f"{properties.max_runtime_seconds} s.",
            detail=reason,
            after="Train with fewer epochs or less data, or on a larger instance type, and "
            f"deploy again. {logs_of(job_name)}",
        )
    ending = status if secondary in {"", status} else f"{status} ({shown(secondary)})"
    return TrainingJobError(
        f"The training job {job_name} ended {ending}:",
        detail=reason or "SageMaker gives no reason.",
        after=f"Deploying again starts the next attempt. {logs_of(job_name)}",
    )
