"""What the caller is told when the endpoint gives no predictions, and what `/health` says."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore import exceptions as botocore_errors

from lambdas.sentiment_api import endpoint, model_descriptions, vocabularies
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    ENDPOINT_NAME,
    Api,
    FakeRuntime,
    Reply,
    client_error,
    event,
)

URL = "https://runtime.sagemaker.eu-west-1.amazonaws.com"

THROTTLED = client_error("ThrottlingException", "Rate exceeded")
NOT_READY = client_error("ModelNotReadyException", "Model is not ready")
NOT_FOUND = client_error("ValidationError", f"Endpoint {ENDPOINT_NAME} of account 1 not found.")
NO_CAPACITY = client_error("ServiceUnavailable")
INTERNAL = client_error("InternalFailure")
MODEL_ERROR = client_error(
    "ModelError",
    'Received server error (500) from model with message "my secret review"',
    OriginalStatusCode=500,
    OriginalMessage="my secret review",
)
READ_TIMEOUT = botocore_errors.ReadTimeoutError(endpoint_url=URL)
CONNECT_TIMEOUT = botocore_errors.ConnectTimeoutError(endpoint_url=URL)
CONNECTION_REFUSED = botocore_errors.EndpointConnectionError(endpoint_url=URL)
CONNECTION_CLOSED = botocore_errors.ConnectionClosedError(endpoint_url=URL)
FORBIDDEN = client_error("AccessDeniedException", "User arn:aws:iam::1:role/x is not authorized")


@pytest.mark.parametrize(
    ("reply", "status", "kind"),
    [
        (THROTTLED, 429, "throttled"),
        (NOT_READY, 503, "unavailable"),
        (NOT_FOUND, 503, "unavailable"),
        (NO_CAPACITY, 503, "unavailable"),
        (INTERNAL, 503, "unavailable"),
        (CONNECTION_REFUSED, 503, "unavailable"),
        (CONNECTION_CLOSED, 503, "unavailable"),
        (READ_TIMEOUT, 504, "timed-out"),
        (CONNECT_TIMEOUT, 504, "timed-out"),
        (MODEL_ERROR, 502, "model-failed"),
        (b"<html>Bad gateway</html>", 502, "model-failed"),
        (b"[]", 502, "model-failed"),
        (FORBIDDEN, 500, "internal-error"),
        (RuntimeError("my secret review"), 500, "internal-error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value)[:20],
)
def test_failure_of_the_endpoint_is_a_problem(reply: Reply, status: int, kind: str) -> None:
    answer = Api.replying(reply).label("great")

    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (answer.status, answer.json["status"]) == (status, status)
    assert answer.json["type"] == f"/problems/{kind}"


@pytest.mark.parametrize(("reply", "seconds"), [(THROTTLED, "1"), (NOT_READY, "5")])
def test_failure_that_passes_says_when_to_retry(reply: Reply, seconds: str) -> None:
    assert Api.replying(reply).label("great").headers["Retry-After"] == seconds


@pytest.mark.parametrize("reply", [MODEL_ERROR, FORBIDDEN, RuntimeError("my secret review")])
def test_problem_repeats_no_exception(reply: Exception) -> None:
    text = Api.replying(reply).label("great").text

    assert "secret" not in text
    assert "arn:" not in text
    assert "Traceback" not in text


def test_connection_that_breaks_within_the_reply_is_504() -> None:
    class BrokenBody:
        def read(self) -> bytes:
            raise READ_TIMEOUT

    class BrokenRuntime(FakeRuntime):
        def invoke_endpoint(self, **request: str | bytes) -> Mapping[str, Any]:
            return {"Body": BrokenBody()}

    assert Api(runtime=BrokenRuntime()).label("great").status == 504


def test_endpoint_is_not_asked_twice() -> None:
    api = Api.replying(THROTTLED)

    api.label("great")

    assert len(api.runtime.requests) == 1


def test_timeouts_end_before_lambdas_of_25_seconds() -> None:
    configs = (module.CLIENT_CONFIG for module in (endpoint, model_descriptions, vocabularies))

    assert sum(config.connect_timeout + config.read_timeout for config in configs) < 25


@pytest.mark.parametrize("module", [endpoint, model_descriptions, vocabularies])
def test_clients_try_once(module: Any) -> None:
    assert module.CLIENT_CONFIG.retries["total_max_attempts"] == 1


def test_event_that_is_not_the_gateways_is_500() -> None:
    assert Api().send({"requestContext": {}}).status == 500


@pytest.mark.parametrize(
    "reply", [THROTTLED, NOT_FOUND, READ_TIMEOUT, MODEL_ERROR, CONNECTION_REFUSED, b"garbage"]
)
def test_health_is_503_with_retry_after_while_the_endpoint_does_not_answer(reply: Reply) -> None:
    answer = Api.replying(reply).send(event("get_health"))

    assert (answer.status, answer.json["type"]) == (503, "/problems/unavailable")
    assert answer.headers["Retry-After"] == "5"
