"""SageMaker's jobs, of either kind: one that trains, and one that tunes.

A tuning job is seen as the training job that comes out of it. Everything else treats the two
alike: naming, starting, waiting, reusing and stopping.
"""

import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import error_code
from lambdas.training_job.aws_api import Aws, is_unknown_job
from lambdas.training_job.job_name import is_tuning_job
from lambdas.training_job.job_request import create_request
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.tuned_job import as_training_job
from lambdas.training_job.tuning_request import create_tuning_request

logger = logging.getLogger(__name__)


def describe(aws: Aws, name: str) -> Mapping[str, Any] | None:
    """Describe a job as DescribeTrainingJob does; None when SageMaker says that there is none."""
    try:
        if is_tuning_job(name):
            tuning = aws.sagemaker.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
            return as_training_job(aws, tuning)
        return aws.sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if is_unknown_job(error):
            return None
        raise


def create(aws: Aws, name: str, properties: TrainingJobProperties) -> None:
    """Create a job.

    Raises:
        ClientError: SageMaker refused; `ResourceInUse` if there is one of this name.
    """
    if is_tuning_job(name):
        aws.sagemaker.create_hyper_parameter_tuning_job(**create_tuning_request(name, properties))
    else:
        aws.sagemaker.create_training_job(**create_request(name, properties))


def stop(aws: Aws, name: str) -> None:
    """Stop a job; one that ended meanwhile is no error. A tuning job stops all that it runs."""
    try:
        if is_tuning_job(name):
            aws.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        else:
            aws.sagemaker.stop_training_job(TrainingJobName=name)
    except ClientError as error:
        # It ended, or somebody stopped it, since it was described.
        if not is_unknown_job(error) and error_code(error) != "ValidationException":
            raise
    else:
        logger.info("Stopping %s %s", kind_of(name), name)


def kind_of(name: str) -> str:
    """What a person calls the job of this name."""
    return "tuning job" if is_tuning_job(name) else "training job"
