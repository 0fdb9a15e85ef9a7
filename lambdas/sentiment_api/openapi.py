"""The API's description (OpenAPI 3.1), generated from the routes and their models."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lambdas.sentiment_api.limits import MAX_BODY_BYTES, MAX_TEXT_CHARACTERS, MAX_TEXTS
from lambdas.sentiment_api.models import ProblemDetails
from lambdas.sentiment_api.problems import MEDIA_TYPE, ProblemKind

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver
    from aws_lambda_powertools.event_handler.openapi.types import (
        OpenAPIResponse,
        OpenAPIResponseHeader,
    )

VERSION = "1.0.0"
"""The API's version, which follows its contract and not the model."""

API_KEY = "ApiKey"
API_KEY_REQUIRED: list[dict[str, list[str]]] = [{API_KEY: []}]

DESCRIPTION = f"""\
Labels texts through a SageMaker endpoint that serves a BlazingText classifier.

Limits: {MAX_TEXTS} texts a request, {MAX_TEXT_CHARACTERS} characters a text, {MAX_BODY_BYTES} bytes
a body. A body without a `Content-Type` is taken for JSON.

Whatever is not a result is a problem (RFC 9457, `{MEDIA_TYPE}`), told apart by its `type`. What the
caller can mend is a 4xx. 429 and 503 carry `Retry-After`. The gateway itself answers 403 (no
API key, or an unknown one), 429 (the key's usage plan) and 400 (the body's outline) as problems of
type `about:blank`."""

_POWERTOOLS_ERROR_SCHEMAS = ("HTTPValidationError", "ResponseValidationError", "ValidationError")
"""What Powertools documents for every route, and this API never sends."""

_RETRY_AFTER: "dict[str, OpenAPIResponseHeader]" = {
    "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}
}
_HEADERS = {429: _RETRY_AFTER, 503: _RETRY_AFTER}
"""By status: each problem with one of these has them."""

DESCRIPTION_RESPONSES: "dict[int, OpenAPIResponse]" = {
    200: {
        "description": "An OpenAPI 3.1 document.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def responses(description: str, *kinds: ProblemKind) -> "dict[int, OpenAPIResponse]":
    """What a route answers: 200 with its return type, or one of these problems."""
    by_status = groupby(sorted(kinds, key=_status), key=_status)
    return {
        200: {"description": description},
        **{status: _problem_response(status, [*same]) for status, same in by_status},
    }


def _status(kind: ProblemKind) -> int:
    return kind.status


def _problem_response(status: int, kinds: Sequence[ProblemKind]) -> "OpenAPIResponse":
    response: OpenAPIResponse = {
        "description": " ".join(f"{kind.title} (`{kind.type}`)." for kind in kinds),
        "content": {MEDIA_TYPE: {"model": ProblemDetails}},
    }
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    return response


def render(app: "APIGatewayRestResolver") -> str:
    """The description of an app's routes, as JSON."""
    # Only who asks for the description pays for these imports.
    from aws_lambda_powertools.event_handler.openapi.models import APIKey, Server  # noqa: PLC0415

    document = json.loads(
        app.get_openapi_json_schema(
            title="Sentiment API",
            version=VERSION,
            description=DESCRIPTION,
            # Relative to this document: the gateway's stage is part of the path.
            servers=[Server(url=".", description="Where this document was read from.")],
            security_schemes={
                API_KEY: APIKey.model_validate({"in": "header", "name": "x-api-key"})
            },
        )
    )
    return json.dumps(_without_powertools_errors(document), indent=2)


def _without_powertools_errors(document: dict[str, Any]) -> dict[str, Any]:
    for name in _POWERTOOLS_ERROR_SCHEMAS:
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = {
                status: response
                for status, response in sorted(operation["responses"].items())
                if "HTTPValidationError" not in json.dumps(response)
            }
    return document
