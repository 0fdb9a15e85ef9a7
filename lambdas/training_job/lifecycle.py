"""The custom resource's life: what CloudFormation's events mean for training jobs.

The CDK Provider framework calls `on_event` once an event, then `is_complete` every few
seconds with the same event and whatever `on_event` returned.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.training_job.aws_api import Aws, is_refused, is_transient
from lambdas.training_job.job_name import base_of
from lambdas.training_job.job_progress import completed_job
from lambdas.training_job.messages import TrainingJobError, fit, shown
from lambdas.training_job.properties import TrainingJobProperties, ask_for_the_same_job
from lambdas.training_job.reuse import finished_job, search_finished_job
from lambdas.training_job.start_job import StartedJob, find_or_start
from lambdas.training_job.stop_job import inputs_base_name, stop_attempts
from lambdas.training_job.training_data import UnreadableDataError, find_channels

SETTLE_SECONDS: Final = 30
"""How long the Delete of a cancelled Create looks for its job. The Create's handler may
still be running, and it starts a job within seconds."""

_CREATE_ERROR_BUDGET_BYTES: Final = 800

Event = Mapping[str, Any]
Answer = dict[str, Any]

logger = logging.getLogger(__name__)


class TrainingJobLifecycle:
    """Answers the framework's two calls.

    Args:
        aws: boto3 clients, or anything that behaves like them.
        clock: Seconds since the epoch.
    """

    def __init__(self, aws: Aws, *, clock: Callable[[], float] = time.time) -> None:
        self._aws = aws
        self._clock = clock

    def on_event(
        self, event: Event, *, remaining_seconds: Callable[[], float] = lambda: float("inf")
    ) -> Answer:
        """Start what a Create or an Update needs; a Delete is left to the polls.

        Raises:
            TrainingJobError: there is no job, and none was started.
        """
        if event["RequestType"] == "Delete":
            return self._acknowledge_delete(event)
        with _clear_errors("Nothing was started. Deploy again."):
            job = self._find_or_start(event, remaining_seconds)
        answer = {"PhysicalResourceId": job.name}
        if job.create_error:
            answer["CreateError"] = fit(job.create_error, _CREATE_ERROR_BUDGET_BYTES)
        return answer

    def is_complete(self, event: Event) -> Answer:
        """Say whether the event is dealt with; never fails for a passing error of AWS.

        Raises:
            TrainingJobError: the job has no deployable model, or AWS refuses to tell.
        """
        deleting = event["RequestType"] == "Delete"
        remedy = (
            "Stop the training job by hand, or grant what is named, and delete again."
            if deleting
            else "Grant what is named, and deploy again."
        )
        try:
            with _clear_errors(remedy, passing=True):
                return self._poll_delete(event) if deleting else self._poll_job(event)
        except (ClientError, BotoCoreError) as error:
            logger.warning("AWS did not answer, the next poll asks again: %s", type(error).__name__)
            return {"IsComplete": False}

    def _find_or_start(self, event: Event, remaining_seconds: Callable[[], float]) -> StartedJob:
        given = event["ResourceProperties"]
        properties = TrainingJobProperties.parse(given)
        updating = event["RequestType"] == "Update"
        current = (
            finished_job(self._aws, event["PhysicalResourceId"], properties) if updating else None
        )
        if current and not ask_for_the_same_job(event.get("OldResourceProperties", {}), given):
            # The resource still has the job of the version that it is asked to become: a
            # failed update is being rolled back.
            logger.info("Rolling back to training job %s", current)
            return StartedJob(name=current)
        try:
            channels = find_channels(properties, self._aws.s3)
        except UnreadableDataError:
            kept = current or (search_finished_job(self._aws, properties) if updating else None)
            if kept is None:
                raise
            logger.info("The data is gone; reusing training job %s", kept)
            return StartedJob(name=kept)
        return find_or_start(self._aws, properties, channels, remaining_seconds)

    def _poll_job(self, event: Event) -> Answer:
        properties = TrainingJobProperties.parse(event["ResourceProperties"])
        job_name = event["PhysicalResourceId"]
        if base_of(job_name, properties.job_name_prefix) is None:
            raise TrainingJobError(
                f"{shown(job_name)} is not a training job of {properties.job_name_prefix}.",
                after="Deploy again.",
            )
        attributes = completed_job(self._aws, job_name, properties, event.get("CreateError", ""))
        if attributes is None or self._former_job_runs(event):
            return {"IsComplete": False}
        return {"IsComplete": True, "Data": attributes}

    def _former_job_runs(self, event: Event) -> bool:
        """Stop the job of the version before this one, if it runs; True until it has ended.

        It can only run if its update timed out or was cancelled: CloudFormation may
        never have learnt its name, so that no Delete will follow.
        """
        former = event.get("OldResourceProperties", {})
        if event["RequestType"] != "Update" or ask_for_the_same_job(
            former, event["ResourceProperties"]
        ):
            return False
        try:
            base = inputs_base_name(self._aws, former)
            return base is not None and stop_attempts(self._aws, base)
        except ClientError as error:
            if not is_refused(error):
                raise
            logger.warning("The former training job cannot be looked up: %s", error)
            return False

    def _acknowledge_delete(self, event: Event) -> Answer:
        answer: Answer = {"PhysicalResourceId": event["PhysicalResourceId"]}
        if base_of(event["PhysicalResourceId"], _prefix(event)) is None:
            answer["SettledAt"] = self._clock() + SETTLE_SECONDS
        return answer

    def _poll_delete(self, event: Event) -> Answer:
        prefix, physical_id = _prefix(event), event["PhysicalResourceId"]
        base = base_of(physical_id, prefix)
        if base is not None:
            return {"IsComplete": not stop_attempts(self._aws, base, last_known=physical_id)}
        # An id that CloudFormation invented, for a Create that it cancelled.
        base = inputs_base_name(self._aws, event.get("ResourceProperties", {}))
        running = base is not None and stop_attempts(self._aws, base)
        settled = base is None or self._clock() >= event.get("SettledAt", 0)
        return {"IsComplete": settled and not running}


def _prefix(event: Event) -> str:
    return str(event.get("ResourceProperties", {}).get("JobNamePrefix", ""))


@contextmanager
def _clear_errors(remedy: str, *, passing: bool = False) -> Iterator[None]:
    """Turn AWS errors into messages that fit the response.

    `passing` lets those through that a repetition may cure.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        if passing and is_transient(error):
            raise
        raise TrainingJobError(
            "AWS did not do what the training job's handler asked:",
            detail=f"{type(error).__name__}: {error}",
            after=remedy,
        ) from error
