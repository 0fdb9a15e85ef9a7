"""The SageMaker endpoint: the one module that calls it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from botocore import exceptions as botocore_errors
from botocore.config import Config

from lambdas.sentiment_api.container_reply import Answer, read_answer
from lambdas.sentiment_api.limits import MAX_LABELS
from lambdas.sentiment_api.observability import (
    endpoint_latency_recorded,
    unreadable_reply_counted,
)
from tier_layout import fingerprint

CLIENT_CONFIG = Config(
    # 2 s + 20 s end before Lambda's 25 s, which end before the gateway's 29 s: so it is this
    # function that tells the caller what happened.
    connect_timeout=2,
    read_timeout=20,
    # The caller retries, told when to by Retry-After. A second attempt would not fit in 25 s.
    retries={"total_max_attempts": 1, "mode": "standard"},
    # A frozen function's connection outlives NAT's idle timeout of 350 s only with probes.
    tcp_keepalive=True,
)


class EndpointError(Exception):
    """The endpoint gave no predictions. Messages hold error codes, never review text."""


class EndpointThrottledError(EndpointError):
    """The endpoint, or the account's quota of calls to it, is at its limit."""


class EndpointUnavailableError(EndpointError):
    """The endpoint does not exist, is not in service, is still loading, or is out of reach."""


class EndpointTimedOutError(EndpointError):
    """The endpoint did not answer in time."""


class ModelFailedError(EndpointError):
    """The endpoint works, and the container behind it answered with an error."""


# Codes of sagemaker-runtime's service model; ThrottlingException is common to all AWS APIs. An
# endpoint that is missing or still creating is a ValidationError (`Endpoint … not found.`), and a
# request of ours cannot be invalid otherwise.
_ERROR_OF_CODE: dict[str, type[EndpointError]] = {
    "ThrottlingException": EndpointThrottledError,
    "ServiceUnavailable": EndpointUnavailableError,
    "ServiceUnavailableException": EndpointUnavailableError,
    "ModelNotReadyException": EndpointUnavailableError,
    "ValidationError": EndpointUnavailableError,
    "ValidationException": EndpointUnavailableError,
    "InternalFailure": EndpointUnavailableError,
    "InternalDependencyException": EndpointUnavailableError,
    "ModelError": ModelFailedError,
}


class SageMakerRuntime(Protocol):
    """What we use of boto3's `sagemaker-runtime` client."""

    def invoke_endpoint(self, **request: str | bytes) -> Mapping[str, Any]:
        """Send one request to an endpoint's container."""


class SentimentEndpoint:
    """A SageMaker endpoint that serves a BlazingText classifier."""

    def __init__(self, client: SageMakerRuntime, *, name: str) -> None:
        self._client = client
        self.name = name

    def predict(self, tokenised_texts: Sequence[str]) -> Answer:
        """Score every label for each text, all texts in one call, in their order.

        The fingerprint's texts go before them: it is this very call's container that is named.

        Args:
            tokenised_texts: Texts as `Normaliser.normalise` returns them.

        Raises:
            EndpointError: there is no reply; its subclass says why.
            UnreadableReplyError: there is one, but it is not BlazingText's.
            botocore.exceptions.ClientError: any other refusal, such as a missing permission.
        """
        instances = [*fingerprint.TEXTS, *tokenised_texts]
        request = {"instances": instances, "configuration": {"k": MAX_LABELS}}
        with endpoint_latency_recorded():
            reply = self._invoke(json.dumps(request, ensure_ascii=False).encode())
        with unreadable_reply_counted():
            return read_answer(reply, expected=len(tokenised_texts))

    def _invoke(self, body: bytes) -> bytes:
        try:
            response = self._client.invoke_endpoint(
                EndpointName=self.name,
                # The container ignores Accept unless it equals ContentType.
                ContentType="application/json",
                Accept="application/json",
                Body=body,
            )
            reply: bytes = response["Body"].read()
        except botocore_errors.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code not in _ERROR_OF_CODE:
                raise
            # Without its cause: the container's message may quote the texts.
            raise _ERROR_OF_CODE[code](code) from None
        except (botocore_errors.ConnectTimeoutError, botocore_errors.ReadTimeoutError) as error:
            raise EndpointTimedOutError(type(error).__name__) from error
        except (
            botocore_errors.ConnectionError,
            botocore_errors.HTTPClientError,
            botocore_errors.IncompleteReadError,
        ) as error:
            raise EndpointUnavailableError(type(error).__name__) from error
        return reply
