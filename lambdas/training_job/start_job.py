"""Create and Update: find the job that these inputs already have, or start one."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.training_job.aws_api import (
    WORST_CALL_SECONDS,
    Aws,
    describe,
    error_code,
    is_unanswered,
)
from lambdas.training_job.job_name import MAX_ATTEMPTS, attempts, base_name
from lambdas.training_job.job_request import create_request
from lambdas.training_job.messages import TrainingJobError, printable
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.reuse import is_reusable
from lambdas.training_job.training_data import ChannelData, require_labelled_text

SECONDS_TO_CREATE: Final = 2 * WORST_CALL_SECONDS
"""CreateTrainingJob and the DescribeTrainingJob after it, both at their slowest. A
handler that is ended between the two would leave a job that nobody knows of."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class StartedJob:
    """The job that stands for these inputs."""

    name: str
    create_error: str = ""
    """Why it is not certain that the job exists; "" when it is."""


def find_or_start(
    aws: Aws,
    properties: TrainingJobProperties,
    channels: Sequence[ChannelData],
    remaining_seconds: Callable[[], float],
) -> StartedJob:
    """Return the running or completed job with these inputs, or start the next attempt.

    The data is read only before a job is started: a job that exists was checked then,
    and a rollback to it needs no data.

    Raises:
        TrainingJobError: the data cannot be trained on, SageMaker refused the job, or
            too many attempts ended without a model. No job was started then.
    """
    base = base_name(properties, channels)
    for name in attempts(base):
        job = describe(aws, name)
        if job is None:
            require_labelled_text(channels, aws.s3)
            return _start(aws, name, properties, remaining_seconds)
        if is_reusable(aws, job):
            logger.info("Reusing training job %s (%s)", name, job.get("TrainingJobStatus"))
            return StartedJob(name=name)
    raise TrainingJobError(
        f"{MAX_ATTEMPTS} training jobs with the same inputs, {base} and its successors, ended "
        "without a model.",
        after="See why the last of them failed, then change the data or a hyperparameter and "
        "deploy again. Nothing was started.",
    )


def _start(
    aws: Aws,
    name: str,
    properties: TrainingJobProperties,
    remaining_seconds: Callable[[], float],
) -> StartedJob:
    if remaining_seconds() < SECONDS_TO_CREATE:
        raise TrainingJobError(
            f"AWS answered so slowly that there is no time left to start {name} safely.",
            after="Deploy again. Nothing was started.",
        )
    try:
        aws.sagemaker.create_training_job(**create_request(name, properties))
    except Exception as error:  # whatever it is, the job may exist
        return _after_create_error(aws, name, properties, error)
    logger.info("Started training job %s", name)
    return StartedJob(name=name)


def _after_create_error(
    aws: Aws, name: str, properties: TrainingJobProperties, error: Exception
) -> StartedJob:
    """Find out whether a job exists after all; raise only when it certainly does not.

    An error here would make the framework forget the job: it answers a failed Create
    with a marker id, and then ignores the rollback's Delete.
    """
    reason = f"{type(error).__name__}: {error}"
    try:
        exists = describe(aws, name) is not None
    except Exception as describe_error:  # the poll decides
        logger.warning("Whether %s exists is unknown: %s", name, type(describe_error).__name__)
        return StartedJob(name=name, create_error=printable(reason))
    if exists:
        # Ours by its name: an earlier or simultaneous event with the same inputs made it,
        # or this request did although its answer was lost.
        logger.info("Training job %s exists (%s)", name, type(error).__name__)
        return StartedJob(name=name)
    if is_unanswered(error):
        # The request may still be on its way: "not found" is not the last word.
        return StartedJob(name=name, create_error=printable(reason))
    raise TrainingJobError(
        f"SageMaker did not start the training job {name}:",
        detail=reason,
        after=_remedy(error, properties),
    ) from error


def _remedy(error: Exception, properties: TrainingJobProperties) -> str:
    code = error_code(error) if isinstance(error, ClientError) else ""
    if code == "ResourceLimitExceeded":
        return (
            f'Ask Service Quotas for more of "{properties.instance_type} for training job usage" '
            "(0 in new accounts), or choose another instance type, and deploy again."
        )
    if code == "AccessDeniedException":
        return "Grant what it names to the provider's start function, and deploy again."
    return "Correct what it names, and deploy again."
