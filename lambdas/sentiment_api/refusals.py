"""From whatever a request fails with to the problem that the caller sees."""

from collections.abc import Mapping, Sequence

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from lambdas.sentiment_api import observability
from lambdas.sentiment_api.invalid_request import invalid_request
from lambdas.sentiment_api.problems import (
    ENDPOINT_FAILURES,
    INTERNAL_ERROR,
    Problem,
    ProblemError,
    ProblemKind,
    needs_retraining,
    problem_of_failure,
)
from lambdas.sentiment_api.tokens import UnspokenNormaliserError
from review_text import SPOKEN


def add_refusals(
    app: APIGatewayRestResolver, *, methods_of_path: Mapping[str, Sequence[str]]
) -> None:
    """Have an app answer every exception with a problem.

    Args:
        app: The routes.
        methods_of_path: The methods of each path.
    """

    def refuse_route(_: Exception) -> Response[str]:
        return refuse(no_such_route(app.current_event.path, methods_of_path))

    app.exception_handler(ProblemError)(refuse_for_cause)
    app.exception_handler(RequestValidationError)(refuse_request)
    app.exception_handler(list(ENDPOINT_FAILURES))(refuse_without_predictions)
    app.exception_handler(UnspokenNormaliserError)(refuse_other_words)
    app.exception_handler(Exception)(refuse_unexpectedly)
    app.not_found(refuse_route)


def refuse(problem: Problem) -> Response[str]:
    """Count a problem, and make a response of it."""
    observability.request_refused(problem.kind.slug)
    return problem.response


def refuse_for_cause(error: ProblemError) -> Response[str]:
    """The problem that a part of the API raised."""
    return refuse(error.problem)


def refuse_request(error: RequestValidationError) -> Response[str]:
    """422: the body is a JSON object, but not a request."""
    return refuse(invalid_request(error.errors()))


def refuse_without_predictions(failure: Exception) -> Response[str]:
    """429, 502, 503 or 504: the endpoint gave no predictions."""
    observability.endpoint_failed(failure)
    return refuse(problem_of_failure(failure))


def refuse_other_words(error: UnspokenNormaliserError) -> Response[str]:
    """503: the model was trained with rules that this API does not have."""
    observability.normaliser_unspoken(error.trained_with, spoken=SPOKEN)
    return refuse(needs_retraining(trained_with=error.trained_with, spoken=SPOKEN))


def refuse_unexpectedly(error: Exception) -> Response[str]:
    """500: a mistake of ours, which only the log explains."""
    observability.unexpected_error(error)
    return refuse(INTERNAL_ERROR)


def no_such_route(path: str, methods_of_path: Mapping[str, Sequence[str]]) -> Problem:
    """404, or 405 where the path exists for another method. The path is not repeated."""
    if methods := methods_of_path.get(path.rstrip("/")):
        return Problem(
            kind=ProblemKind.METHOD_NOT_ALLOWED,
            detail=f"Use {methods[0]} on this path.",
            headers={"Allow": ", ".join(methods)},
        )
    routes = ", ".join(f"{methods[0]} {path}" for path, methods in methods_of_path.items())
    return Problem(kind=ProblemKind.NOT_FOUND, detail=f"The routes are {routes}.")
