"""What each error of AWS is taken for."""

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)

from lambdas.custom_resource.aws_errors import (
    ATTEMPTS,
    CLIENT_CONFIG,
    WORST_CALL_SECONDS,
    error_code,
    http_status,
    is_forbidden,
    is_missing_object,
    is_transient,
    told,
)
from lambdas.training_job.aws_api import is_unknown_job

URL = "https://api.sagemaker.eu-west-1.amazonaws.com/"
HANDLER_LIMIT_SECONDS = 14 * 60
"""The framework's function, which waits for the handler, is ended after 15 minutes."""


def answer(
    code: str, status: int = 400, message: str = "", operation: str = "AnyOperation"
) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {
                "HTTPStatusCode": status,
                "RequestId": "",
                "HostId": "",
                "HTTPHeaders": {},
                "RetryAttempts": 0,
            },
        },
        operation,
    )


@pytest.mark.parametrize(
    "error",
    [
        answer("ThrottlingException"),
        answer("TooManyRequestsException", 429),
        answer("SlowDown", 503),
        answer("Unnamed", 500),
        answer("Unnamed", 429),
        answer("InternalFailure"),
        answer("ServiceUnavailable", 503),
        answer("RequestTimeout"),
        ReadTimeoutError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
    ],
    ids=repr,
)
def test_error_that_passes_is_transient(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answer("AccessDeniedException", 403),
        answer("ValidationException"),
        answer("ResourceLimitExceeded"),
        NoCredentialsError(),
        ValueError("a bug"),
    ],
    ids=repr,
)
def test_error_that_stays_is_not_transient(error: Exception) -> None:
    assert not is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answer("ResourceNotFound"),
        answer("ValidationException", 400, "Requested resource not found."),
    ],
)
def test_both_wordings_of_an_unknown_job_are_understood(error: ClientError) -> None:
    assert is_unknown_job(error)


def test_other_validation_error_is_not_an_unknown_job() -> None:
    assert not is_unknown_job(answer("ValidationException", 400, "1 validation error detected"))


@pytest.mark.parametrize(
    "error",
    [
        answer("404", 404),
        answer("Unnamed", 404),
        answer("404"),
        answer("NoSuchKey"),
        answer("NoSuchBucket"),
    ],
    ids=repr,
)
def test_missing_object_is_recognised(error: ClientError) -> None:
    assert is_missing_object(error)


@pytest.mark.parametrize(
    "error", [answer("Unnamed", 403), answer("403"), answer("AccessDenied")], ids=repr
)
def test_forbidden_object_is_recognised(error: ClientError) -> None:
    assert is_forbidden(error)


def test_missing_object_is_not_a_forbidden_one() -> None:
    assert not is_forbidden(answer("NoSuchKey", 404))


def test_error_without_any_detail_is_none_of_these() -> None:
    error = ClientError({}, "AnyOperation")

    assert error_code(error) == ""
    assert http_status(error) == 0
    assert not is_transient(error)
    assert not is_missing_object(error)
    assert not is_forbidden(error)
    assert not is_unknown_job(error)


def test_error_with_empty_details_is_none_of_these() -> None:
    error = ClientError({"Error": {}, "ResponseMetadata": {}}, "AnyOperation")

    assert error_code(error) == ""
    assert http_status(error) == 0


def test_forbidden_object_is_not_a_missing_one() -> None:
    assert is_forbidden(answer("403", 403))
    assert not is_missing_object(answer("403", 403))


def test_refused_head_is_told_with_the_permissions_that_s3_does_not_name() -> None:
    text = told(answer("403", 403, "Forbidden", "HeadObject"))
    assert "s3:GetObject" in text
    assert "s3:ListBucket" in text


def test_other_refusals_are_told_in_awss_words() -> None:
    error = answer("AccessDenied", 403, "not authorized to perform: s3:PutObject", "PutObject")
    assert told(error) == f"ClientError: {error}"


def test_ten_calls_at_their_slowest_end_before_the_handlers_limit() -> None:
    """As many as a first deployment makes."""
    assert 10 * WORST_CALL_SECONDS < HANDLER_LIMIT_SECONDS


def test_client_has_the_timeouts_that_the_worst_case_is_computed_from() -> None:
    assert (CLIENT_CONFIG.connect_timeout + CLIENT_CONFIG.read_timeout) * ATTEMPTS < (
        WORST_CALL_SECONDS
    )
    assert CLIENT_CONFIG.retries == {"mode": "standard", "total_max_attempts": ATTEMPTS}
