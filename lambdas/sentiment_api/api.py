"""The routes. Importing this module needs no environment and makes no connection."""

import functools
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.depends import Depends

from lambdas.sentiment_api import observability, openapi
from lambdas.sentiment_api.access import Access
from lambdas.sentiment_api.classify import check_endpoint, classify_reviews
from lambdas.sentiment_api.connections import model_descriptions, sentiment_endpoint, vocabularies
from lambdas.sentiment_api.cors import cors_headers, preflight
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.health import HealthChecks, health_checks
from lambdas.sentiment_api.model_descriptions import ModelDescriptions
from lambdas.sentiment_api.models import Health, SentimentRequest, SentimentResponse
from lambdas.sentiment_api.problems import ProblemError, ProblemKind
from lambdas.sentiment_api.refusals import add_refusals, refuse_for_cause, refuse_unexpectedly
from lambdas.sentiment_api.request_body import parse_object, with_readable_body
from lambdas.sentiment_api.vocabularies import Vocabularies

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

METHODS_OF_PATH = {
    "/sentiment": ("POST",),
    "/health": ("GET", "HEAD"),
    "/openapi.json": ("GET", "HEAD"),
}
"""The methods of each path; its own first."""

AGE_DECIMALS = 3

Endpoint = Annotated[SentimentEndpoint, Depends(sentiment_endpoint)]
Models = Annotated[ModelDescriptions, Depends(model_descriptions)]
Words = Annotated[Vocabularies, Depends(vocabularies)]
Checks = Annotated[HealthChecks, Depends(health_checks)]

# `debug=False`: POWERTOOLS_DEV would print every event, and with it the texts.
app = APIGatewayRestResolver(
    enable_validation=True, debug=False, json_body_deserializer=parse_object
)


@app.post(
    "/sentiment",
    summary="Label texts",
    operation_id="classify",
    responses=openapi.responses(
        "One result a text, in the order of `instances`.",
        ProblemKind.INVALID_JSON,
        ProblemKind.BODY_TOO_LARGE,
        ProblemKind.UNSUPPORTED_MEDIA_TYPE,
        ProblemKind.INVALID_REQUEST,
        ProblemKind.THROTTLED,
        ProblemKind.INTERNAL_ERROR,
        ProblemKind.MODEL_FAILED,
        ProblemKind.UNAVAILABLE,
        ProblemKind.MODEL_NEEDS_RETRAINING,
        ProblemKind.TIMED_OUT,
    ),
)
def classify(
    request: SentimentRequest, endpoint: Endpoint, models: Models, words: Words
) -> SentimentResponse:
    """Label each text with the model's most probable sentiment, in the order in which they came."""
    observability.texts_received(len(request.instances))
    response = classify_reviews(
        request.instances, endpoint=endpoint, models=models, vocabularies=words
    )
    observability.texts_answered(response)
    return response


@app.get(
    "/health",
    summary="Say whether the endpoint answers",
    operation_id="health",
    responses=openapi.responses(
        "The endpoint answers.",
        ProblemKind.INTERNAL_ERROR,
        ProblemKind.UNAVAILABLE,
        ProblemKind.MODEL_NEEDS_RETRAINING,
    ),
    cache_control="no-store",
)
def health(endpoint: Endpoint, models: Models, checks: Checks) -> Health:
    """Have the endpoint label one word, or say what it did to it a few seconds ago.

    Open to everybody.
    """
    age = checks.age(lambda: check_endpoint(endpoint, models=models))
    return Health(status="ok", endpoint=endpoint.name, age_seconds=round(age, AGE_DECIMALS))


@app.get(
    "/openapi.json",
    summary="Describe this API",
    operation_id="openapi",
    responses=openapi.DESCRIPTION_RESPONSES,
)
def describe() -> Response[str]:
    """This document. Open to everybody."""
    return Response(
        status_code=200, content_type="application/json", body=_description(_server_path())
    )


def _server_path() -> str:
    """The path under which the routes are, as the caller sees it: the request's without its own."""
    called: str = app.current_event["requestContext"]["path"]
    return called.rstrip("/").removesuffix("/openapi.json") or "/"


@functools.cache
def access() -> Access:
    """Who may call this deployment.

    Raises:
        SettingsError: the function's environment does not say.
    """
    return Access.from_environment(os.environ)


# A stage and a domain of one's own; whoever calls it under a hundred names gains nothing.
@functools.lru_cache(maxsize=8)
def _description(server: str) -> str:
    return openapi.render(app, access(), server=server)


add_refusals(app, methods_of_path=METHODS_OF_PATH)


def answer(event: Mapping[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the gateway (REST API, proxy integration). Never raises."""
    origins = access().cors_origins
    try:
        result = _answer_from_anywhere(event, context, origins)
    except ProblemError as error:
        result = _gateway_result(refuse_for_cause(error))
    except Exception as error:
        # Lambda would log its message, and the gateway would answer 502.
        result = _gateway_result(refuse_unexpectedly(error))
    result["headers"] = {**_headers(result), **cors_headers(event, origins=origins)}
    return result


def _answer_from_anywhere(
    event: Mapping[str, Any], context: "LambdaContext", origins: Sequence[str]
) -> dict[str, Any]:
    method, path = event["httpMethod"], event["path"].rstrip("/")
    methods = METHODS_OF_PATH.get(path, ())
    if method == "OPTIONS" and (allowed := preflight(event, origins=origins, methods=methods)):
        return allowed
    if method == "HEAD" and method in methods:
        # What GET answers, without the body (RFC 9110, 9.3.2).
        return {**app.resolve({**event, "httpMethod": "GET"}, context), "body": ""}
    # Before Powertools, which would take form data too, and fail on what it cannot decode. Only
    # where a body is read: elsewhere 404 and 405 say more than 415.
    if (method, path) == ("POST", "/sentiment"):
        event = with_readable_body(event)
    return app.resolve(event, context)


def _headers(result: dict[str, Any]) -> dict[str, str]:
    """The headers of Powertools' result, each of which has one value."""
    several = result.pop("multiValueHeaders", {})
    return result.get("headers") or {name: values[0] for name, values in several.items()}


def _gateway_result(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": response.headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
