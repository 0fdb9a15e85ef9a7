"""The routes. Importing this module needs no environment and makes no connection."""

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.depends import Depends

from lambdas.sentiment_api import observability, openapi
from lambdas.sentiment_api.classify import check_endpoint, classify_reviews
from lambdas.sentiment_api.connections import model_descriptions, sentiment_endpoint
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.model_descriptions import ModelDescriptions
from lambdas.sentiment_api.models import Health, SentimentRequest, SentimentResponse
from lambdas.sentiment_api.problems import ENDPOINT_FAILURES, ProblemError, ProblemKind, unhealthy
from lambdas.sentiment_api.refusals import add_refusals, refuse_for_cause, refuse_unexpectedly
from lambdas.sentiment_api.request_body import parse_object, with_readable_body

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

METHOD_OF_PATH = {"/sentiment": "POST", "/health": "GET", "/openapi.json": "GET"}

Endpoint = Annotated[SentimentEndpoint, Depends(sentiment_endpoint)]
Models = Annotated[ModelDescriptions, Depends(model_descriptions)]

# `debug=False`: POWERTOOLS_DEV would print every event, and with it the texts.
app = APIGatewayRestResolver(
    enable_validation=True, debug=False, json_body_deserializer=parse_object
)


@app.post(
    "/sentiment",
    summary="Label texts",
    operation_id="classify",
    security=openapi.API_KEY_REQUIRED,
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
def classify(request: SentimentRequest, endpoint: Endpoint, models: Models) -> SentimentResponse:
    """Label each text with the model's most probable sentiment, in the order in which they came."""
    observability.texts_received(len(request.instances))
    return classify_reviews(request.instances, endpoint=endpoint, models=models)


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
def health(endpoint: Endpoint, models: Models) -> Health:
    """Have the endpoint label one word. Needs no API key."""
    try:
        check_endpoint(endpoint, models=models)
    except ENDPOINT_FAILURES as failure:
        observability.endpoint_failed(failure)
        raise ProblemError(unhealthy(failure)) from failure
    return Health(status="ok", endpoint=endpoint.name)


@app.get(
    "/openapi.json",
    summary="Describe this API",
    operation_id="openapi",
    responses=openapi.DESCRIPTION_RESPONSES,
)
def describe() -> Response[str]:
    """This document. Needs no API key."""
    return Response(status_code=200, content_type="application/json", body=_description())


@functools.cache
def _description() -> str:
    return openapi.render(app)


add_refusals(app, method_of_path=METHOD_OF_PATH)


def answer(event: Mapping[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer one request of the gateway (REST API, proxy integration). Never raises."""
    try:
        # Before Powertools, which would take form data too, and fail on what it cannot decode.
        # Only where a body is read: elsewhere 404 and 405 say more than 415.
        if (event["httpMethod"], event["path"].rstrip("/")) == ("POST", "/sentiment"):
            event = with_readable_body(event)
        return app.resolve(event, context)
    except ProblemError as error:
        return _gateway_result(refuse_for_cause(error))
    except Exception as error:
        # Lambda would log its message, and the gateway would answer 502.
        return _gateway_result(refuse_unexpectedly(error))


def _gateway_result(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": response.headers,
        "body": response.body,
        "isBase64Encoded": False,
    }
