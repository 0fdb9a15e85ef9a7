"""The AWS calls that an evaluation makes."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.evaluation.errors import EvaluationError


class S3(Protocol):
    """The part of boto3's S3 client that is used here."""

    def head_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def get_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def put_object(self, **request: Any) -> object: ...  # noqa: D102
    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@contextmanager
def clear_errors() -> Iterator[None]:
    """Turn AWS errors into messages that fit the response."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise EvaluationError(
            "AWS did not do what the evaluation asked:",
            detail=f"{type(error).__name__}: {error}",
            after="Grant what is named, or wait for the service, and deploy again.",
        ) from error
