"""What a person is told when AWS does not do what is asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.custom_resource.aws_errors import is_transient, told
from lambdas.training_job.messages import TrainingJobError

AWS_ERRORS: Final = (ClientError, BotoCoreError)


@contextmanager
def clear_errors(remedy: str, *, passing: bool = False) -> Iterator[None]:
    """Turn AWS errors into messages that fit the response.

    `passing` lets those through that a repetition may cure.
    """
    try:
        yield
    except AWS_ERRORS as error:
        if passing and is_transient(error):
            raise
        raise TrainingJobError(
            "AWS did not do what the training job's handler asked:",
            detail=told(error),
            after=remedy,
        ) from error
