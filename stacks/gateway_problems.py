"""The gateway's own refusals, in the shape of the function's: RFC 9457 problem details."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_apigateway as apigateway

from lambdas.sentiment_api.cors import EXPOSED_HEADERS
from lambdas.sentiment_api.limits import MAX_BODY_BYTES, MAX_TEXTS
from lambdas.sentiment_api.media_type import PROBLEM

_Type = apigateway.ResponseType

ACCEPTED_BODY = (
    f'The body must be JSON of the form {{"instances": ["a text", ...]}} with 1 to {MAX_TEXTS} '
    "texts. GET /openapi.json describes it."
)

RETRY_AFTER_THROTTLED_SECONDS = 1
"""Rates refill every second."""
RETRY_AFTER_QUOTA_SECONDS = 3600
"""A quota is there again at midnight UTC, and a gateway response can only say a fixed time. One
that fits every hour of the day would be a whole day; who asks once an hour is late by an hour at
the most, and costs nothing."""
RETRY_AFTER_FUNCTION_SECONDS = 5
"""A function that is throttled or replaced takes requests again within seconds."""


@dataclass(frozen=True, kw_only=True)
class _Refusal:
    type: apigateway.ResponseType
    title: str
    status: int | None = None
    """None leaves the gateway's own, which the body cannot name then."""
    detail: str | None = None
    """None takes the gateway's own words, which name what is wrong with a signature."""
    retry_after: int | None = None
    allow: str | None = None
    challenge: str | None = None


def _refusals(*, signed: bool) -> Iterator[_Refusal]:
    yield _Refusal(
        type=_Type.BAD_REQUEST_BODY, status=400, title="Invalid request body", detail=ACCEPTED_BODY
    )
    yield _Refusal(
        type=_Type.INVALID_API_KEY,
        status=403,
        title="Missing or unknown API key",
        detail="Send a key of this API's usage plan in the header x-api-key.",
    )
    # Every path has a method for whatever comes, so what is missing can only be the signature; or
    # it is a method that API Gateway does not know.
    yield (
        _Refusal(
            type=_Type.MISSING_AUTHENTICATION_TOKEN,
            # RFC 9110, 15.5.2: 401 says that credentials are missing, and which.
            status=401,
            title="Not signed",
            detail="POST /sentiment must be signed (SigV4, service execute-api).",
            challenge="AWS4-HMAC-SHA256",
        )
        if signed
        else _Refusal(
            type=_Type.MISSING_AUTHENTICATION_TOKEN,
            status=405,
            title="Method not allowed",
            detail="The routes are POST /sentiment, GET /health and GET /openapi.json.",
            allow="GET, HEAD, POST",
        )
    )
    for refused in (_Type.ACCESS_DENIED, _Type.INVALID_SIGNATURE, _Type.EXPIRED_TOKEN):
        yield _Refusal(type=refused, status=403, title="Not allowed to call this API")
    yield _Refusal(
        type=_Type.WAF_FILTERED,
        status=403,
        title="Refused by the firewall",
        detail="Too many requests from your address, or one that looks like an attack. Wait for "
        "five minutes; if it goes on, tell the team that runs this API.",
    )
    yield _Refusal(
        type=_Type.REQUEST_TOO_LARGE,
        status=413,
        title="Request too large",
        detail=f"Send at most {MAX_BODY_BYTES} bytes; split the texts over several requests.",
    )
    yield _Refusal(
        type=_Type.THROTTLED,
        status=429,
        title="Too many requests",
        detail="The rate of your key or of this route is exceeded. Wait for a second and try "
        "again.",
        retry_after=RETRY_AFTER_THROTTLED_SECONDS,
    )
    yield _Refusal(
        type=_Type.QUOTA_EXCEEDED,
        status=429,
        title="Quota exceeded",
        detail="Your key's daily quota is used up. It is there again tomorrow at 00:00 UTC; or ask "
        "the team that runs this API for more.",
        retry_after=RETRY_AFTER_QUOTA_SECONDS,
    )
    # What Lambda's throttle is for API Gateway: "Execution failed due to configuration error".
    yield _Refusal(
        type=_Type.API_CONFIGURATION_ERROR,
        status=503,
        title="The function takes no request",
        detail="The function behind the gateway takes no request now. Try again in a few seconds.",
        retry_after=RETRY_AFTER_FUNCTION_SECONDS,
    )
    yield _Refusal(
        type=_Type.INTEGRATION_TIMEOUT,
        status=504,
        title="Timed out",
        detail="The function did not answer in time. Try again, with fewer texts.",
    )
    yield _Refusal(
        type=_Type.INTEGRATION_FAILURE,
        status=502,
        title="Bad gateway",
        detail="The function did not answer. Try again in a few seconds.",
    )
    yield _Refusal(type=_Type.DEFAULT_4_XX, title="Request refused")
    # A function that crashed, ran out of time or answered too much, too: 502.
    yield _Refusal(
        type=_Type.DEFAULT_5_XX, title="Server error", detail="Try again in a few seconds."
    )


def add_gateway_problems(
    api: apigateway.RestApi, *, signed: bool, cors_origins: Sequence[str]
) -> None:
    """Give every refusal of the gateway a body that a person can act on.

    Args:
        api: the API.
        signed: whether labelling asks for a signature.
        cors_origins: whose pages may read the refusals.
    """
    for refusal in _refusals(signed=signed):
        api.add_gateway_response(
            refusal.type.response_type.title().replace("_", ""),
            type=refusal.type,
            status_code=str(refusal.status) if refusal.status else None,
            templates={"application/json": _body(refusal)},
            response_headers=_headers(refusal) | _cors_headers(cors_origins),
        )


def _body(refusal: _Refusal) -> str:
    problem = {"type": "about:blank", "title": refusal.title}
    status = {"status": refusal.status} if refusal.status else {}
    # The only variable that is a JSON string by itself, quotes and escapes included.
    return json.dumps(problem | status | {"detail": refusal.detail or "@message@"}).replace(
        '"@message@"', "$context.error.messageString"
    )


def _headers(refusal: _Refusal) -> dict[str, str]:
    own = {
        "Retry-After": refusal.retry_after,
        "Allow": refusal.allow,
        "WWW-Authenticate": refusal.challenge,
    }
    return {
        "Content-Type": f"'{PROBLEM}'",
        **{name: f"'{value}'" for name, value in own.items() if value is not None},
    }


def _cors_headers(origins: Sequence[str]) -> dict[str, str]:
    """A gateway response can repeat the caller's origin, and not compare it with a list.

    With several origins a page of another one can therefore read that it was refused, and nothing
    else: the function alone answers preflights and requests.
    """
    if not origins:
        return {}
    allowed = f"'{origins[0]}'" if len(origins) == 1 else "method.request.header.Origin"
    return {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Expose-Headers": f"'{EXPOSED_HEADERS}'",
        "Vary": "'Origin'",
    }
