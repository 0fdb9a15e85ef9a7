"""Entry point of the evaluation's Lambda function, for the CDK Provider framework."""

import logging
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import boto3

from lambdas.custom_resource.aws_errors import CLIENT_CONFIG
from lambdas.evaluation.artifact import Room
from lambdas.evaluation.lifecycle import Evaluations
from lambdas.evaluation.model import FastTextModel

logging.getLogger("lambdas").setLevel(logging.INFO)


def on_event(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Handle a Create, Update or Delete; returns PhysicalResourceId and, but for Delete, Data."""

    def room(folder: Path) -> Room:
        return Room(
            memory_bytes=int(context.memory_limit_in_mb) * 1024 * 1024,
            disk_bytes=shutil.disk_usage(folder).free,
        )

    evaluations = Evaluations(s3=_s3(), load_model=FastTextModel, room=room)
    return evaluations.on_event(
        event, remaining_seconds=lambda: context.get_remaining_time_in_millis() / 1000
    )


@cache
def _s3() -> Any:
    """Create the client once a container; region and credentials are the function's own."""
    return boto3.client("s3", config=CLIENT_CONFIG)
