"""Create and Update: which job stands for what the stack is to become."""

import logging

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.event import TrainingJobEvent
from lambdas.training_job.imported_model import imported_id
from lambdas.training_job.jobs import kind_of
from lambdas.training_job.reuse import finished_job, search_finished_job
from lambdas.training_job.start_job import ChosenJob, choose_job
from lambdas.training_job.training_data import UnreadableDataError, find_channels

logger = logging.getLogger(__name__)


def choose(aws: Aws, event: TrainingJobEvent) -> ChosenJob:
    """Find the job, or the name of the one to start; starts nothing.

    An Update may be a rollback, which must neither train nor fail: it takes the job that it had,
    even if its data is gone.

    Raises:
        TrainingJobError: no job can be started with these properties.
        ClientError, BotoCoreError: AWS did not answer what was asked.
    """
    properties = event.asked.properties
    if properties.model_data_url:
        return ChosenJob(name=imported_id(properties))
    current = finished_job(aws, event.physical_id, properties) if event.is_update else None
    if current and not _keeps_its_job(event):
        # The resource still has the job of the version that it is asked to become: a
        # failed update is being rolled back.
        logger.info("Rolling back to %s %s", kind_of(current), current)
        return ChosenJob(name=current)
    try:
        channels = find_channels(properties, aws.s3)
    except UnreadableDataError:
        kept = current or (search_finished_job(aws, properties) if event.is_update else None)
        if kept is None:
            raise
        logger.info("The data is gone; reusing %s %s", kind_of(kept), kept)
        return ChosenJob(name=kept)
    return choose_job(aws, properties, channels)


def _keeps_its_job(event: TrainingJobEvent) -> bool:
    return event.former is not None and event.asked.asks_for_the_same_job_as(event.former)
