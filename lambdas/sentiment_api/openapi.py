"""The API's description (OpenAPI 3.1), generated from the routes and their models."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from lambdas.sentiment_api.access import Access, Authorization
from lambdas.sentiment_api.limits import MAX_BODY_BYTES, MAX_TEXT_CHARACTERS, MAX_TEXTS
from lambdas.sentiment_api.media_type import PROBLEM
from lambdas.sentiment_api.models import ProblemDetails
from lambdas.sentiment_api.problems import ProblemKind

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import APIGatewayRestResolver
    from aws_lambda_powertools.event_handler.openapi.types import (
        OpenAPIResponse,
        OpenAPIResponseHeader,
    )

VERSION = "1.1.0"
"""The API's version, which follows its contract and not the model."""

DESCRIPTION = f"""\
Labels texts through a SageMaker endpoint that serves a BlazingText classifier.

Limits: {MAX_TEXTS} texts a request, {MAX_TEXT_CHARACTERS} characters a text, {MAX_BODY_BYTES} bytes
a body. A body without a `Content-Type` is taken for JSON.

Whatever is not a result is a problem (RFC 9457, `{PROBLEM}`), told apart by its `type`. What the
caller can mend is a 4xx. 429 and 503 carry `Retry-After`. What the gateway itself refuses is a
problem of type `about:blank`; its `title` tells a rate that is exceeded from a daily quota that is
used up.

`HEAD` is answered wherever `GET` is; another method is 405, with `Allow`."""

ASKED: Mapping[Authorization, str] = {
    "iam": "`POST /sentiment` must be signed (SigV4, service `execute-api`) and have a key of the "
    "usage plan, which counts requests.",
    "api-key": "`POST /sentiment` needs a key of the usage plan, which counts requests.",
    "none": "Every route is open to everybody.",
}
"""What each kind of tier asks of a caller."""

_KEY = {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
_SIGNATURE = {
    "SigV4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4; the service is `execute-api`.",
        # How API Gateway itself exports it.
        "x-amazon-apigateway-authtype": "awsSigv4",
    }
}
_SCHEMES: Mapping[Authorization, Mapping[str, Any]] = {
    "iam": _SIGNATURE | _KEY,
    "api-key": _KEY,
    "none": {},
}

_LABELLING = "/sentiment"

_NO_KEY = "No API key of the usage plan."
_REFUSED_CALLERS: Mapping[Authorization, Mapping[int, str]] = {
    "iam": {
        401: "Not signed.",
        403: f"{_NO_KEY} Or no valid signature, or one of a principal that may not call this API.",
    },
    "api-key": {403: _NO_KEY},
    "none": {},
}
"""What the gateway answers to who may not label texts."""
_OF_THE_GATEWAY = {
    429: "A rate or the daily quota is exceeded.",
    500: "The gateway could not answer.",
    502: "The function behind the gateway failed.",
    503: "The function behind the gateway takes no request now.",
    504: "The function behind the gateway did not answer in time.",
}
"""What the gateway answers on every route, for itself."""

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
        "content": {PROBLEM: {"model": ProblemDetails}},
    }
    if status in _HEADERS:
        response["headers"] = _HEADERS[status]
    return response


def render(app: "APIGatewayRestResolver", access: Access, *, server: str) -> str:
    """The description of an app's routes, as JSON.

    Args:
        app: the routes.
        access: what the deployment asks for.
        server: the path under which the routes are: the gateway's stage, or nothing but a slash on
            a domain of one's own.
    """
    # Only who asks for the description pays for these imports.
    from aws_lambda_powertools.event_handler.openapi.models import Server  # noqa: PLC0415

    document = json.loads(
        app.get_openapi_json_schema(
            title="Sentiment API",
            version=VERSION,
            description=f"{DESCRIPTION}\n\n{ASKED[access.authorization]}",
            # A path from the root: tools resolve it on the host that they read this from, and many
            # of them take no other relative reference.
            servers=[Server(url=server, description="On the host of this document.")],
        )
    )
    _leave_out_powertools_errors(document)
    _add_security(document, access.authorization)
    for path, operations in document["paths"].items():
        callers = _REFUSED_CALLERS[access.authorization] if path == _LABELLING else {}
        for operation in operations.values():
            _add_refusals_of_the_gateway(operation["responses"], {**callers, **_OF_THE_GATEWAY})
    return json.dumps(document, indent=2)


def _add_security(document: dict[str, Any], authorization: Authorization) -> None:
    schemes = _SCHEMES[authorization]
    if schemes:
        document["components"]["securitySchemes"] = schemes
        # In one object: all of them together.
        document["paths"][_LABELLING]["post"]["security"] = [{name: [] for name in schemes}]


def _add_refusals_of_the_gateway(documented: dict[str, Any], refusals: Mapping[int, str]) -> None:
    """Say of each status what the gateway means by it, beside what the function does."""
    for status, description in refusals.items():
        response = documented.setdefault(
            str(status),
            {
                "description": "",
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
                **({"headers": _HEADERS[status]} if status in _HEADERS else {}),
            },
        )
        response["description"] = f"{response['description']} {description}".lstrip()
    documented |= {status: documented.pop(status) for status in sorted(documented)}


def _leave_out_powertools_errors(document: dict[str, Any]) -> None:
    for name in _POWERTOOLS_ERROR_SCHEMAS:
        document["components"]["schemas"].pop(name, None)
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"] = {
                status: response
                for status, response in operation["responses"].items()
                if "HTTPValidationError" not in json.dumps(response)
            }
