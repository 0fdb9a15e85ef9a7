"""The gateway's own refusals, in the shape of the function's: RFC 9457 problem details."""

import json

from aws_cdk import aws_apigateway as apigateway

from lambdas.sentiment_api.limits import MAX_BODY_BYTES, MAX_TEXTS

_ResponseType = apigateway.ResponseType

ACCEPTED_BODY = (
    f'The body must be JSON of the form {{"instances": ["a text", ...]}} with 1 to {MAX_TEXTS} '
    "texts. GET /openapi.json describes it."
)


def add_gateway_problems(api: apigateway.RestApi, *, unknown_path_is_404: bool) -> None:
    """Give every refusal of the gateway a body that a person can act on.

    Args:
        api: the API.
        unknown_path_is_404: API Gateway answers an unknown path and a missing signature with
            the same response type. Where no signature is asked for, it can only be the path.
    """
    for response_type, status, title, detail in (
        (_ResponseType.BAD_REQUEST_BODY, 400, "Invalid request body", ACCEPTED_BODY),
        (
            _ResponseType.INVALID_API_KEY,
            403,
            "Missing or unknown API key",
            "Send a key of this API's usage plan in the header x-api-key.",
        ),
        (
            _ResponseType.REQUEST_TOO_LARGE,
            413,
            "Request too large",
            f"Send at most {MAX_BODY_BYTES} bytes; split the texts over several requests.",
        ),
        (
            _ResponseType.THROTTLED,
            429,
            "Too many requests",
            "The usage plan's rate is exceeded. Wait for a second and try again.",
        ),
        (
            _ResponseType.QUOTA_EXCEEDED,
            429,
            "Quota exceeded",
            "The usage plan's daily quota is used up. Try again tomorrow, or ask for more.",
        ),
        (
            _ResponseType.INTEGRATION_TIMEOUT,
            504,
            "Timed out",
            "The function did not answer in time. Try again, with fewer texts.",
        ),
        (
            _ResponseType.INTEGRATION_FAILURE,
            502,
            "Bad gateway",
            "The function did not answer. Try again in a few seconds.",
        ),
        (
            _ResponseType.MISSING_AUTHENTICATION_TOKEN,
            404 if unknown_path_is_404 else 403,
            "No such route" if unknown_path_is_404 else "No such route, or not signed",
            "The routes are POST /sentiment, GET /health and GET /openapi.json."
            + ("" if unknown_path_is_404 else " POST /sentiment must be signed (SigV4)."),
        ),
        (_ResponseType.DEFAULT_4_XX, None, "Request refused", None),
        (_ResponseType.DEFAULT_5_XX, None, "Server error", "Try again in a few seconds."),
    ):
        problem = {"type": "about:blank", "title": title} | ({"status": status} if status else {})
        # The only variable that is a JSON string by itself, quotes and escapes included.
        rendered = json.dumps(problem | {"detail": detail or "@message@"}).replace(
            '"@message@"', "$context.error.messageString"
        )
        api.add_gateway_response(
            response_type.response_type.title().replace("_", ""),
            type=response_type,
            status_code=str(status) if status else None,
            templates={"application/json": rendered},
            response_headers={"Content-Type": "'application/problem+json'"}
            | ({"Retry-After": "'1'"} if status == 429 else {}),
        )
