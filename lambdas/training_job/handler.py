"""Entry points of the training job's two Lambda functions, for the CDK Provider framework."""

import logging
import os
from functools import cache
from typing import Any

import boto3

from lambdas.custom_resource.aws_errors import CLIENT_CONFIG
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.lifecycle import TrainingJobLifecycle
from lambdas.training_job.old_models import OldModels

logging.getLogger("lambdas").setLevel(logging.INFO)


def on_event(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a Create, Update or Delete; returns at least the PhysicalResourceId."""
    return _lifecycle().on_event(event)


def is_complete(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle one poll; returns `IsComplete` and, once complete, the attributes as `Data`."""
    return _lifecycle().is_complete(event)


@cache
def _lifecycle() -> TrainingJobLifecycle:
    """Create the clients once a container; region and credentials are the function's own."""
    return TrainingJobLifecycle(
        Aws(
            sagemaker=boto3.client("sagemaker", config=CLIENT_CONFIG),
            s3=boto3.client("s3", config=CLIENT_CONFIG),
            ssm=boto3.client("ssm", config=CLIENT_CONFIG),
        ),
        old_models=OldModels.from_environment(os.environ),
    )
