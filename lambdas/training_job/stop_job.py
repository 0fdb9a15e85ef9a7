"""Delete, and what an Update leaves behind: stop every job that no resource owns any more."""

import logging
from dataclasses import dataclass

from botocore.exceptions import ClientError

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.job_name import attempts, base_name
from lambdas.training_job.jobs import describe, stop
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.stack_version import StackVersion
from lambdas.training_job.training_data import find_channels

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """What became of the jobs with the same inputs."""

    existing: bool
    """Whether there is any."""
    running: bool
    """Whether one of them has not ended."""
    completed: bool
    """Whether one of them completed, so that no event starts a further one."""


def stop_attempts(aws: Aws, base: str, *, last_known: str | None = None) -> Attempts:
    """Stop every running attempt of one job.

    All attempts, because a duplicate event may have started a further one under a name
    that CloudFormation never heard of. Safe to repeat: the framework's polling is the
    retry.

    Args:
        aws: The services.
        base: The first attempt's name.
        last_known: An attempt that may exist although an earlier one was deleted.
    """
    statuses: set[object] = set()
    looked_at_known = last_known is None
    for name in attempts(base):
        job = describe(aws, name)
        looked_at_known = looked_at_known or name == last_known
        if job is None:
            if looked_at_known:
                break
            continue
        status = job.get("TrainingJobStatus")
        if status == "InProgress":
            stop(aws, name)
        statuses.add(status)
    return Attempts(
        existing=bool(statuses),
        running=not statuses.isdisjoint({"InProgress", "Stopping"}),
        completed="Completed" in statuses,
    )


def inputs_base_name(aws: Aws, version: StackVersion) -> str | None:
    """Recompute the job's name from what the stack asked for, where no id tells it.

    None when that imports a model, is not valid, or the data is gone. No job can be started
    with such properties; one that runs already is bounded by its maximum runtime.

    Raises:
        ClientError: the data may not be looked up, so that nothing is known.
    """
    try:
        properties = version.properties
        if properties.model_data_url:
            return None
        return base_name(properties, find_channels(properties, aws.s3))
    except TrainingJobError as error:
        if isinstance(error.__cause__, ClientError):
            raise error.__cause__ from None
        logger.warning("No training job can be recomputed: %s", error)
        return None
