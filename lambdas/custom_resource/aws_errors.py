"""How the custom resources call AWS, and what the errors mean that come back."""

from typing import Final

from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, for everything below HTTP
    HTTPClientError,
    IncompleteReadError,
)

CONNECT_TIMEOUT_SECONDS: Final = 3
READ_TIMEOUT_SECONDS: Final = 10
ATTEMPTS: Final = 2
WORST_CALL_SECONDS: Final = ATTEMPTS * (CONNECT_TIMEOUT_SECONDS + READ_TIMEOUT_SECONDS) + 2
"""The longest one call can take: every attempt times out, and up to 2 s of backoff."""

CLIENT_CONFIG: Final = Config(
    connect_timeout=CONNECT_TIMEOUT_SECONDS,
    read_timeout=READ_TIMEOUT_SECONDS,
    retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
)
"""Timeouts are explicit: botocore's own (60 s, five attempts) could outlive the handler."""

READ_PERMISSIONS: Final = "s3:GetObject on it and s3:ListBucket on its bucket"
"""What it takes to look an object up, or to be told that there is none."""

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


def error_code(error: ClientError) -> str:
    """Return the service's error code, "" when the response held none."""
    return str(error.response.get("Error", {}).get("Code", ""))


def http_status(error: ClientError) -> int:
    """Return the HTTP status, 0 when the response held none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def is_missing_object(error: ClientError) -> bool:
    """Whether S3 says that the object (or its bucket) does not exist."""
    return http_status(error) == 404 or error_code(error) in {"404", "NoSuchKey", "NoSuchBucket"}


def is_forbidden(error: ClientError) -> bool:
    """Whether the caller may not do this.

    S3 also says so of an object that does not exist, to a caller that may not list
    the bucket.
    """
    return http_status(error) == 403 or error_code(error) in {"403", "AccessDenied"}


def told(error: BaseException) -> str:
    """What an error says, with the permissions that S3 leaves out when it refuses a HEAD."""
    text = f"{type(error).__name__}: {error}"
    if (
        isinstance(error, ClientError)
        and error.operation_name == "HeadObject"
        and is_forbidden(error)
    ):
        return f"{text}. To look an object up takes {READ_PERMISSIONS}"
    return text


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well succeed a little later.

    True for throttling, 5xx answers, timeouts and broken connections; with all but the
    first, the service may have acted although the caller saw an error.
    """
    if isinstance(error, ClientError):
        return (
            http_status(error) >= 500
            or http_status(error) == 429
            or error_code(error) in _THROTTLING | _TEMPORARY
        )
    return isinstance(error, HTTPClientError | ConnectionError | IncompleteReadError)
