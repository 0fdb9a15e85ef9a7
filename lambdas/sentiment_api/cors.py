"""Cross-origin requests: what a browser is told about the pages that may call this API.

Source: the Fetch standard, "HTTP responses" of its CORS protocol.
"""

from collections.abc import Mapping, Sequence
from typing import Any

PREFLIGHT_SECONDS = 600
"""How long a browser may remember the answer to a preflight; Chromium keeps none for longer than
two hours."""
ALLOWED_HEADERS = (
    "authorization, content-type, x-amz-content-sha256, x-amz-date, x-amz-security-token, x-api-key"
)
"""What a caller sends: the body's type, a key, or a signature (SigV4)."""
EXPOSED_HEADERS = "Allow, Retry-After, x-amzn-RequestId"
"""What a page may read beside the body."""


def cors_headers(event: Mapping[str, Any], *, origins: Sequence[str]) -> dict[str, str]:
    """What each answer to an event has for its browser; nothing unless the tier names origins."""
    if not origins:
        return {}
    origin = _header(event, "origin")
    # A cache must not give one origin what another one was answered.
    vary = {"Vary": "Origin"}
    if origin not in origins:
        return vary
    return {
        **vary,
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": EXPOSED_HEADERS,
    }


def preflight(
    event: Mapping[str, Any], *, origins: Sequence[str], methods: Sequence[str]
) -> dict[str, Any] | None:
    """The gateway's result for a preflight from an origin of the tier; None for what is none.

    Its `cors_headers` are not in it.

    Args:
        event: an `OPTIONS` of the gateway's.
        origins: that may call.
        methods: of the path.
    """
    asked = _header(event, "access-control-request-method")
    if not asked or not methods or _header(event, "origin") not in origins:
        return None
    headers = {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ALLOWED_HEADERS,
        "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
    }
    return {"statusCode": 204, "headers": headers, "body": "", "isBase64Encoded": False}


def _header(event: Mapping[str, Any], name: str) -> str:
    headers = event.get("headers") or {}
    return next((str(value) for key, value in headers.items() if key.lower() == name), "")
