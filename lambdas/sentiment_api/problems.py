"""Everything that the API answers instead of a result: RFC 9457 problem details."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from aws_lambda_powertools.event_handler import Response

from lambdas.sentiment_api.container_reply import UnreadableReplyError
from lambdas.sentiment_api.endpoint import (
    EndpointThrottledError,
    EndpointTimedOutError,
    EndpointUnavailableError,
    ModelFailedError,
)
from lambdas.sentiment_api.media_type import PROBLEM
from lambdas.sentiment_api.model_descriptions import MAX_AGE_SECONDS
from lambdas.sentiment_api.models import ProblemDetails, ProblemItem

RETRY_AFTER_THROTTLED_SECONDS = 1
"""SageMaker's and Lambda's throttles refill every second."""
RETRY_AFTER_UNAVAILABLE_SECONDS = 5
"""A loading model needs seconds; an endpoint that is being created needs minutes."""
RETRY_AFTER_RETRAINING_SECONDS = round(MAX_AGE_SECONDS)
"""When the model's description is read again; a retraining itself takes longer."""


class ProblemKind(Enum):
    """The kinds of problem. The slug stands in `type` and in metrics: it must never change."""

    INVALID_JSON = (400, "invalid-json", "The body is not JSON")
    NOT_FOUND = (404, "not-found", "No such path")
    METHOD_NOT_ALLOWED = (405, "method-not-allowed", "Method not allowed")
    BODY_TOO_LARGE = (413, "body-too-large", "The body is too large")
    UNSUPPORTED_MEDIA_TYPE = (415, "unsupported-media-type", "The body must be JSON")
    INVALID_REQUEST = (422, "invalid-request", "The request is not valid")
    THROTTLED = (429, "throttled", "Too many requests")
    INTERNAL_ERROR = (500, "internal-error", "Internal error")
    MODEL_FAILED = (502, "model-failed", "The model gave no usable answer")
    UNAVAILABLE = (503, "unavailable", "The model is not available")
    MODEL_NEEDS_RETRAINING = (503, "model-needs-retraining", "The model needs retraining")
    TIMED_OUT = (504, "timed-out", "The model did not answer in time")

    def __init__(self, status: int, slug: str, title: str) -> None:
        self.status = status
        self.slug = slug
        self.title = title

    @property
    def type(self) -> str:
        """The problem type: a URI reference (RFC 9457, 3.1.1)."""
        return f"/problems/{self.slug}"


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One problem, ready to be sent."""

    kind: ProblemKind
    detail: str
    """A sentence that a person can act on. Never a text, never an exception's message."""
    errors: Sequence[ProblemItem] = ()
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def response(self) -> Response[str]:
        """The problem as the HTTP response that Powertools sends."""
        details = ProblemDetails(
            type=self.kind.type,
            title=self.kind.title,
            status=self.kind.status,
            detail=self.detail,
            errors=list(self.errors),
        )
        body = details.model_dump(exclude_defaults=True)
        return Response(
            status_code=self.kind.status,
            content_type=PROBLEM,
            headers={**self.headers},
            # The standard library's, in ASCII: a pointer may hold a lone surrogate, which has no
            # UTF-8.
            body=json.dumps(body),
        )


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.kind.slug)
        self.problem = problem


INTERNAL_ERROR = Problem(
    kind=ProblemKind.INTERNAL_ERROR,
    detail="Something went wrong on our side. It has been logged; try again later.",
)

_UNAVAILABLE = Problem(
    kind=ProblemKind.UNAVAILABLE,
    detail="The model's endpoint is not in service yet, or is out of reach. Try again later.",
    headers={"Retry-After": str(RETRY_AFTER_UNAVAILABLE_SECONDS)},
)

_PROBLEM_OF_FAILURE: dict[type[Exception], Problem] = {
    EndpointThrottledError: Problem(
        kind=ProblemKind.THROTTLED,
        detail="The model's endpoint is at its limit. Send fewer requests at once.",
        headers={"Retry-After": str(RETRY_AFTER_THROTTLED_SECONDS)},
    ),
    EndpointUnavailableError: _UNAVAILABLE,
    EndpointTimedOutError: Problem(
        kind=ProblemKind.TIMED_OUT,
        detail="The model's endpoint did not answer in time. Try again, with fewer texts.",
    ),
    ModelFailedError: Problem(
        kind=ProblemKind.MODEL_FAILED,
        detail="The model answered with an error. Try again later; if it goes on, tell the team "
        "that runs this API.",
    ),
    UnreadableReplyError: Problem(
        kind=ProblemKind.MODEL_FAILED,
        detail="The model's answer could not be read. If it goes on, tell the team that runs this "
        "API: the endpoint may serve another kind of model.",
    ),
}

ENDPOINT_FAILURES = tuple(_PROBLEM_OF_FAILURE)
"""The exceptions of `SentimentEndpoint.predict` that have an answer of their own."""


def problem_of_failure(failure: Exception) -> Problem:
    """What the caller is told when the endpoint gave no predictions."""
    return _PROBLEM_OF_FAILURE[type(failure)]


def needs_retraining(*, trained_with: str, spoken: Iterable[str]) -> Problem:
    """The model would not know the words that this API could ask it for.

    Args:
        trained_with: The normaliser's version that the model's description names.
        spoken: The versions that this API has.
    """
    return Problem(
        kind=ProblemKind.MODEL_NEEDS_RETRAINING,
        detail=f"The model was trained on texts that version {trained_with} of the text normaliser "
        f"had made, and this API has only {', '.join(spoken)}: it would ask for other words than "
        "the model has learned. Retrain the tier, or deploy the code that the model was trained "
        "with.",
        headers={"Retry-After": str(RETRY_AFTER_RETRAINING_SECONDS)},
    )


def unhealthy(failure: Exception) -> Problem:
    """What `/health` says then: always 503, so that a probe needs to know one status only."""
    return Problem(
        kind=ProblemKind.UNAVAILABLE,
        detail=f"The model's endpoint does not answer: {problem_of_failure(failure).detail}",
        headers=_UNAVAILABLE.headers,
    )
