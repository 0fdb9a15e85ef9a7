"""The AWS calls the custom resource makes, and what their errors mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, for everything below HTTP
    HTTPClientError,
    IncompleteReadError,
)

CONNECT_TIMEOUT_SECONDS: Final = 3
READ_TIMEOUT_SECONDS: Final = 20
ATTEMPTS: Final = 3
WORST_CALL_SECONDS: Final = ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS) + 6
"""The longest one call can take: every attempt times out, and up to 2 + 4 s of backoff."""

CLIENT_CONFIG: Final = Config(
    connect_timeout=CONNECT_TIMEOUT_SECONDS,
    read_timeout=READ_TIMEOUT_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)
"""Timeouts are explicit: botocore's own (60 s, five attempts) could outlive the handler."""

_THROTTLING: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
    }
)
_TEMPORARY: Final = frozenset({"RequestTimeout", "RequestTimeoutException", "InternalFailure"})


class SageMaker(Protocol):
    """The part of boto3's SageMaker client that is used here."""

    def create_training_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def describe_training_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def stop_training_job(self, **request: Any) -> object: ...  # noqa: D102


class S3(Protocol):
    """The part of boto3's S3 client that is used here."""

    def head_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def get_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The two services; boto3 clients satisfy both protocols as they are."""

    sagemaker: SageMaker
    s3: S3


def describe(aws: Aws, job_name: str) -> Mapping[str, Any] | None:
    """Describe a training job; None when SageMaker says that it does not exist."""
    try:
        return aws.sagemaker.describe_training_job(TrainingJobName=job_name)
    except ClientError as error:
        if is_unknown_job(error):
            return None
        raise


def error_code(error: ClientError) -> str:
    """Return the service's error code, "" when the response held none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def http_status(error: ClientError) -> int:
    """Return the HTTP status, 0 when the response held none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_unknown_job(error: ClientError) -> bool:
    """Whether SageMaker says that there is no such training job.

    The API model names `ResourceNotFound`; the service also answers
    `ValidationException` with "Requested resource not found."
    """
    message = str(error.response.get("Error", {}).get("Message", ""))
    return error_code(error) == "ResourceNotFound" or (
        error_code(error) == "ValidationException" and "not found" in message.lower()
    )


def is_missing_object(error: ClientError) -> bool:
    """Whether S3 says that the object (or its bucket) does not exist."""
    return http_status(error) == 404 or error_code(error) in {"404", "NoSuchKey", "NoSuchBucket"}


def is_forbidden(error: ClientError) -> bool:
    """Whether the caller may not do this.

    S3 also says so of an object that does not exist, to a caller that may not list
    the bucket.
    """
    return http_status(error) == 403 or error_code(error) in {"403", "AccessDenied"}


def is_unanswered(error: BaseException) -> bool:
    """Whether the service may have acted although the caller saw an error.

    True for timeouts, broken connections and 5xx answers. A refusal (4xx, throttling
    among them) is definite.
    """
    if isinstance(error, ClientError):
        return http_status(error) >= 500 and error_code(error) not in _THROTTLING
    return isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError)


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well succeed a little later."""
    if isinstance(error, ClientError):
        return (
            http_status(error) >= 500
            or http_status(error) == 429
            or error_code(error) in _THROTTLING | _TEMPORARY
        )
    return is_unanswered(error)


def is_refused(error: BaseException) -> bool:
    """Whether this is an AWS error that a repetition will not cure."""
    return isinstance(error, ClientError | BotoCoreError) and not is_transient(error)
