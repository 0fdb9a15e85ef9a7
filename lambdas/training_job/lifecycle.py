"""The custom resource's life: what CloudFormation's events mean for training jobs.

The CDK Provider framework calls `on_event` once an event, then `is_complete` every few
seconds with the same event and whatever `on_event` returned.
"""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.choice import choose
from lambdas.training_job.clear_errors import AWS_ERRORS, clear_errors
from lambdas.training_job.event import HandedOn, Poll, TrainingJobEvent
from lambdas.training_job.event_age import ANSWER_WITHIN_SECONDS
from lambdas.training_job.imported_model import imported_attributes
from lambdas.training_job.job_progress import completed_job
from lambdas.training_job.jobs import describe, kind_of
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.old_models import OldModels
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.start_job import start_job
from lambdas.training_job.stop_job import inputs_base_name, stop_attempts

Answer = dict[str, Any]

logger = logging.getLogger(__name__)


class TrainingJobLifecycle:
    """Answers the framework's two calls.

    Args:
        aws: boto3 clients, or anything that behaves like them.
        old_models: What a Delete expires; None for nothing.
        clock: Seconds since the epoch.
    """

    def __init__(
        self,
        aws: Aws,
        *,
        old_models: OldModels | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._aws = aws
        self._old_models = old_models
        self._clock = clock

    def on_event(self, raw: Mapping[str, Any]) -> Answer:
        """Name the job of a Create or an Update; everything that acts is left to the polls.

        The framework answers a Create whose `on_event` failed (or was killed) with an id
        of its own, and ignores that id's Delete: a job started here could be lost.

        Raises:
            TrainingJobError: no job can be started with these properties, or the event is
                an Update, whose rollback comes in any case.
        """
        begun_at = self._clock()  # first: the calls below may take long
        event = TrainingJobEvent.parse(raw)
        if event.is_delete:
            return _answer(event.physical_id, HandedOn(begun_at=begun_at))
        try:
            with clear_errors("Nothing was started. Deploy again."):
                job = choose(self._aws, event)
        except TrainingJobError as error:
            if event.is_update or not isinstance(error.__cause__, AWS_ERRORS):
                raise
            # A duplicate of this event may fare better: the Delete has to look for its job.
            unnamed = f"{event.asked.job_name_prefix}-unnamed"
            return _answer(unnamed, HandedOn(begun_at=begun_at, refusal=str(error)))
        return _answer(job.name, HandedOn(begun_at=begun_at, to_start=job.to_start))

    def is_complete(self, raw: Mapping[str, Any]) -> Answer:
        """Say whether the event is dealt with; never fails for a passing error of AWS.

        Raises:
            TrainingJobError: the job has no deployable model, AWS refuses what is asked,
                or the time for an answer is over.
        """
        poll = Poll.parse(raw)
        deleting = poll.event.is_delete
        remedy = (
            "Stop the training job by hand, or grant what is named, and delete again."
            if deleting
            else "Grant what is named, and deploy again."
        )
        try:
            with clear_errors(remedy, passing=True):
                answer = self._poll_delete(poll) if deleting else self._poll_job(poll)
        except AWS_ERRORS as error:
            logger.warning("AWS did not answer, the next poll asks again: %s", error)
            answer = {"IsComplete": False}
        if not answer["IsComplete"] and poll.age(self._clock()).is_overdue:
            raise TrainingJobError(
                f"{shown(poll.event.physical_id)} is not done with after "
                f"{ANSWER_WITHIN_SECONDS // 60} minutes, and CloudFormation waits no longer.",
                after="Delete again."
                if deleting
                else "Train with fewer epochs or less data, and deploy again.",
            )
        return answer

    def _poll_job(self, poll: Poll) -> Answer:
        if poll.handed_on.refusal:
            raise TrainingJobError(poll.handed_on.refusal)
        properties, job_name = poll.event.asked.properties, poll.event.physical_id
        if properties.model_data_url:
            return self._complete(poll, imported_attributes(properties))
        if poll.event.asked.base_of(job_name) is None:
            raise TrainingJobError(
                f"{shown(job_name)} is not a {kind_of(job_name)} of {properties.job_name_prefix}.",
                after="Deploy again.",
            )
        job = describe(self._aws, job_name)
        if job is None:
            self._start(poll, properties)
            return {"IsComplete": False}
        attributes = completed_job(job, job_name, properties)
        return self._complete(poll, attributes) if attributes else {"IsComplete": False}

    def _complete(self, poll: Poll, attributes: Mapping[str, str]) -> Answer:
        if self._former_job_runs(poll):
            return {"IsComplete": False}
        return {"IsComplete": True, "Data": dict(attributes)}

    def _start(self, poll: Poll, properties: TrainingJobProperties) -> None:
        job_name, age = poll.event.physical_id, poll.age(self._clock())
        if poll.handed_on.to_start and age.may_start:
            start_job(self._aws, job_name, properties)
        elif not poll.handed_on.to_start or age.is_settled:
            # Not before: a request whose answer was lost may still be on its way.
            raise TrainingJobError(
                f"The {kind_of(job_name)} {job_name} was never created, or was deleted since.",
                after="If SageMaker did not answer, the log says so. Deploy again.",
            )

    def _former_job_runs(self, poll: Poll) -> bool:
        """Stop the job of the version before this one; True until none runs or can start.

        It can only run if its update failed, timed out or was cancelled: CloudFormation
        may never have learnt its name, so that no Delete will follow.
        """
        former = poll.event.former
        if former is None or former.asks_for_the_same_job_as(poll.event.asked):
            return False
        return not self._is_stopped(poll, lambda: inputs_base_name(self._aws, former))

    def _poll_delete(self, poll: Poll) -> Answer:
        asked, physical_id = poll.event.asked, poll.event.physical_id
        base = asked.base_of(physical_id)
        if base is not None:
            stopped = self._is_stopped(poll, lambda: base, known=physical_id)
        else:
            # An id that CloudFormation invented for a Create that it cancelled, or ours for
            # one that AWS gave no job's name for.
            stopped = self._is_stopped(poll, lambda: inputs_base_name(self._aws, asked))
        if stopped and self._old_models:
            self._old_models.expire(self._aws, self._clock)
        return {"IsComplete": stopped}

    def _is_stopped(
        self, poll: Poll, find_base: Callable[[], str | None], *, known: str | None = None
    ) -> bool:
        """Stop the attempts of one job; True once none runs, and none can be started.

        Refusals are asked again until the event has settled: permissions take a while to
        arrive, and a job that is not stopped now may have no owner afterwards.
        """
        settled = poll.age(self._clock()).is_settled
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


def _answer(physical_id: str, handed_on: HandedOn) -> Answer:
    return {"PhysicalResourceId": physical_id} | handed_on.members
