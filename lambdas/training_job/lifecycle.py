"""The custom resource's life: what CloudFormation's events mean for training jobs.

The CDK Provider framework calls `on_event` once an event, then `is_complete` every few
seconds with the same event and whatever `on_event` returned.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.clear_errors import AWS_ERRORS, clear_errors
from lambdas.training_job.event_age import ANSWER_WITHIN_SECONDS, EventAge
from lambdas.training_job.imported_model import imported_attributes, imported_id
from lambdas.training_job.job_name import base_of
from lambdas.training_job.job_progress import completed_job
from lambdas.training_job.jobs import describe, kind_of
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties, ask_for_the_same_job
from lambdas.training_job.reuse import finished_job, search_finished_job
from lambdas.training_job.start_job import ChosenJob, choose_job, start_job
from lambdas.training_job.stop_job import inputs_base_name, stop_attempts
from lambdas.training_job.training_data import UnreadableDataError, find_channels

_TO_START: Final = "ToStart"
"""Member of `on_event`'s answer: whether the polls are to start the job."""
_REFUSAL: Final = "Refusal"
"""Member of `on_event`'s answer: why there is no job; the first poll fails with it."""

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

    def on_event(self, event: Event) -> Answer:
        """Name the job of a Create or an Update; everything that acts is left to the polls.

        The framework answers a Create whose `on_event` failed (or was killed) with an id
        of its own, and ignores that id's Delete: a job started here could be lost.

        Raises:
            TrainingJobError: no job can be started with these properties, or the event is
                an Update, whose rollback comes in any case.
        """
        age = EventAge.mark(self._clock())  # first: the calls below may take long
        if event["RequestType"] == "Delete":
            return {"PhysicalResourceId": event["PhysicalResourceId"]} | age
        try:
            with clear_errors("Nothing was started. Deploy again."):
                job = self._choose(event)
        except TrainingJobError as error:
            if event["RequestType"] == "Update" or not isinstance(error.__cause__, AWS_ERRORS):
                raise
            # A duplicate of this event may fare better: the Delete has to look for its job.
            return {"PhysicalResourceId": _unnamed(event), _REFUSAL: str(error)} | age
        return {"PhysicalResourceId": job.name, _TO_START: job.to_start} | age

    def is_complete(self, event: Event) -> Answer:
        """Say whether the event is dealt with; never fails for a passing error of AWS.

        Raises:
            TrainingJobError: the job has no deployable model, AWS refuses what is asked,
                or the time for an answer is over.
        """
        deleting = event["RequestType"] == "Delete"
        remedy = (
            "Stop the training job by hand, or grant what is named, and delete again."
            if deleting
            else "Grant what is named, and deploy again."
        )
        try:
            with clear_errors(remedy, passing=True):
                answer = self._poll_delete(event) if deleting else self._poll_job(event)
        except AWS_ERRORS as error:
            logger.warning("AWS did not answer, the next poll asks again: %s", error)
            answer = {"IsComplete": False}
        if not answer["IsComplete"] and self._age(event).is_overdue:
            raise TrainingJobError(
                f"{shown(event['PhysicalResourceId'])} is not done with after "
                f"{ANSWER_WITHIN_SECONDS // 60} minutes, and CloudFormation waits no longer.",
                after="Delete again."
                if deleting
                else "Train with fewer epochs or less data, and deploy again.",
            )
        return answer

    def _choose(self, event: Event) -> ChosenJob:
        given = event["ResourceProperties"]
        properties = TrainingJobProperties.parse(given)
        if properties.model_data_url:
            return ChosenJob(name=imported_id(properties))
        updating = event["RequestType"] == "Update"
        current = (
            finished_job(self._aws, event["PhysicalResourceId"], properties) if updating else None
        )
        if current and not ask_for_the_same_job(event.get("OldResourceProperties", {}), given):
            # The resource still has the job of the version that it is asked to become: a
            # failed update is being rolled back.
            logger.info("Rolling back to %s %s", kind_of(current), current)
            return ChosenJob(name=current)
        try:
            channels = find_channels(properties, self._aws.s3)
        except UnreadableDataError:
            kept = current or (search_finished_job(self._aws, properties) if updating else None)
            if kept is None:
                raise
            logger.info("The data is gone; reusing %s %s", kind_of(kept), kept)
            return ChosenJob(name=kept)
        return choose_job(self._aws, properties, channels)

    def _poll_job(self, event: Event) -> Answer:
        if _REFUSAL in event:
            raise TrainingJobError(event[_REFUSAL])
        properties = TrainingJobProperties.parse(event["ResourceProperties"])
        if properties.model_data_url:
            return self._complete(event, imported_attributes(properties))
        job_name = event["PhysicalResourceId"]
        if _base_of(event) is None:
            raise TrainingJobError(
                f"{shown(job_name)} is not a {kind_of(job_name)} of {properties.job_name_prefix}.",
                after="Deploy again.",
            )
        job = describe(self._aws, job_name)
        if job is None:
            self._start(event, properties)
            return {"IsComplete": False}
        attributes = completed_job(job, job_name, properties)
        return self._complete(event, attributes) if attributes else {"IsComplete": False}

    def _complete(self, event: Event, attributes: Mapping[str, str]) -> Answer:
        if self._former_job_runs(event):
            return {"IsComplete": False}
        return {"IsComplete": True, "Data": dict(attributes)}

    def _start(self, event: Event, properties: TrainingJobProperties) -> None:
        job_name, age = event["PhysicalResourceId"], self._age(event)
        if event[_TO_START] and age.may_start:
            start_job(self._aws, job_name, properties)
        elif not event[_TO_START] or age.is_settled:
            # Not before: a request whose answer was lost may still be on its way.
            raise TrainingJobError(
                f"The {kind_of(job_name)} {job_name} was never created, or was deleted since.",
                after="If SageMaker did not answer, the log says so. Deploy again.",
            )

    def _former_job_runs(self, event: Event) -> bool:
        """Stop the job of the version before this one; True until none runs or can start.

        It can only run if its update failed, timed out or was cancelled: CloudFormation
        may never have learnt its name, so that no Delete will follow.
        """
        former = event.get("OldResourceProperties", {})
        if event["RequestType"] != "Update" or ask_for_the_same_job(
            former, event["ResourceProperties"]
        ):
            return False
        return not self._is_stopped(event, lambda: inputs_base_name(self._aws, former))

    def _poll_delete(self, event: Event) -> Answer:
        properties = event.get("ResourceProperties", {})
        physical_id = event["PhysicalResourceId"]
        base = _base_of(event)
        if base is not None:
            stopped = self._is_stopped(event, lambda: base, known=physical_id)
        else:
            # An id that CloudFormation invented for a Create that it cancelled, or ours for
            # one that AWS gave no job's name for.
            stopped = self._is_stopped(event, lambda: inputs_base_name(self._aws, properties))
        return {"IsComplete": stopped}

    def _is_stopped(
        self, event: Event, find_base: Callable[[], str | None], *, known: str | None = None
    ) -> bool:
        """Stop the attempts of one job; True once none runs, and none can be started.

        Refusals are asked again until the event has settled: permissions take a while to
        arrive, and a job that is not stopped now may have no owner afterwards.
        """
        settled = self._age(event).is_settled
        try:
            base = find_base()
            if base is None:
                return True
            found = stop_attempts(self._aws, base, last_known=known)
        except AWS_ERRORS as error:
            if settled:
                raise
            logger.warning("The job cannot be stopped yet: %s", error)
            return False
        # Where CloudFormation knows the job, its event was answered, and starts no other.
        return not found.running and (
            settled or found.completed or (known is not None and found.existing)
        )

    def _age(self, event: Event) -> EventAge:
        return EventAge.at(self._clock(), event)


def _base_of(event: Event) -> str | None:
    given = event.get("ResourceProperties", {})
    return base_of(
        event["PhysicalResourceId"],
        prefix=str(given.get("JobNamePrefix", "")),
        tuning_prefix=str(given.get("TuningJobNamePrefix", "")),
    )


def _unnamed(event: Event) -> str:
    """An id that is no job's, for a Create whose job AWS would not let us name."""
    return f"{event['ResourceProperties']['JobNamePrefix']}-unnamed"
