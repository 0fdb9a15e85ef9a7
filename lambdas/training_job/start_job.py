"""Create and Update: find the job that these inputs already have, or name and start one.

Naming and starting are two steps, in two calls of the framework, and the name is with
CloudFormation before the job exists: whatever ends the handler while it starts a job, the
Delete that follows knows which job to stop.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import error_code, is_transient
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.before_start import require_startable
from lambdas.training_job.job_name import MAX_ATTEMPTS, attempts, base_name
from lambdas.training_job.jobs import create, describe, kind_of
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.reuse import is_reusable
from lambdas.training_job.training_data import DataFile

_IN_USE: Final = "ResourceInUse"
"""There is a job of this name: ours, for its name is a hash of what shapes it."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ChosenJob:
    """The job that stands for these inputs."""

    name: str
    to_start: bool = False
    """Whether it does not exist yet."""


def choose_job(
    aws: Aws, properties: TrainingJobProperties, channels: Sequence[DataFile]
) -> ChosenJob:
    """Return the running or completed job with these inputs, or the next attempt's name.

    The data is read only before a job is started: a job that exists was checked then,
    and a rollback to it needs no data.

    Raises:
        TrainingJobError: no model that is served could come of the job, or too many
            attempts ended without a model.
    """
    base = base_name(properties, channels)
    for name in attempts(base):
        job = describe(aws, name)
        if job is None:
            require_startable(properties, channels, aws.s3)
            return ChosenJob(name=name, to_start=True)
        if is_reusable(aws, job):
            logger.info("Reusing %s %s (%s)", kind_of(name), name, job.get("TrainingJobStatus"))
            return ChosenJob(name=name)
    raise TrainingJobError(
        f"{MAX_ATTEMPTS} {kind_of(base)}s with the same inputs, {base} and its successors, ended "
        "without a model.",
        after="See why the last of them failed, then change the data or a hyperparameter and "
        "deploy again. Nothing was started.",
    )


def start_job(aws: Aws, name: str, properties: TrainingJobProperties) -> None:
    """Start a job; to repeat it under the same name never starts a second one.

    Raises:
        TrainingJobError: SageMaker refused the job.
        ClientError, BotoCoreError: the same request may succeed later, or has succeeded
            although its answer was lost: the next DescribeTrainingJob tells.
    """
    try:
        create(aws, name, properties)
    except ClientError as error:
        if error_code(error) == _IN_USE:
            # An earlier or simultaneous event with the same inputs made it.
            logger.info("The %s %s exists", kind_of(name), name)
            return
        if is_transient(error):
            raise
        raise TrainingJobError(
            f"SageMaker did not start the {kind_of(name)} {name}:",
            detail=f"{type(error).__name__}: {error}",
            after=_remedy(error, properties),
        ) from error
    logger.info("Started %s %s", kind_of(name), name)


def _remedy(error: ClientError, properties: TrainingJobProperties) -> str:
    code = error_code(error)
    if code == "ResourceLimitExceeded":
        return (
            f'Ask Service Quotas for more of "{properties.instance_type} for training job usage" '
            "(0 in new accounts), or choose another instance type, and deploy again."
        )
    if code == "AccessDeniedException":
        return "Grant what it names to the provider's poll function, and deploy again."
    return "Correct what it names, and deploy again."
