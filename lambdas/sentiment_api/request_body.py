"""From the gateway's event to a JSON object; whatever is in between is the caller's to mend."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, NoReturn

from lambdas.sentiment_api.limits import MAX_BODY_BYTES
from lambdas.sentiment_api.models import ProblemItem
from lambdas.sentiment_api.problems import Problem, ProblemError, ProblemKind

MEDIA_TYPE = "application/json"


def with_readable_body(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same event, with its body as text, whichever way the gateway passed it.

    Parameters of the content type, such as `charset`, do not matter: JSON is UTF-8 (RFC 8259,
    8.1). Without a content type the body is taken for JSON, as API Gateway does.

    Raises:
        ProblemError: 415 another content type, 413 too large, 400 empty or not UTF-8.
    """
    headers = {str(name).lower(): value for name, value in (event.get("headers") or {}).items()}
    content_type = headers.get("content-type") or MEDIA_TYPE
    if content_type.partition(";")[0].strip().lower() != MEDIA_TYPE:
        _refuse(
            ProblemKind.UNSUPPORTED_MEDIA_TYPE,
            f"Send the body as JSON, with the header Content-Type: {MEDIA_TYPE}.",
        )
    body = event.get("body") or ""
    if len(body) > MAX_BODY_BYTES and not event.get("isBase64Encoded"):
        _refuse_size()
    text = _decode_base64(body) if event.get("isBase64Encoded") else body
    # Only counted: the JSON parser deals with surrogates, and they are refused where they stand.
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BODY_BYTES:
        _refuse_size()
    if not text.strip():
        _refuse(ProblemKind.INVALID_JSON, 'The body is empty. Send {"instances": ["a text", ...]}.')
    # Powertools compares content types as they are written.
    readable = {**headers, "content-type": MEDIA_TYPE}
    return {**event, "headers": readable, "body": text, "isBase64Encoded": False}


def parse_object(text: str) -> dict[str, Any]:
    """Parse a body.

    Raises:
        ProblemError: 400 not JSON (RFC 8259: NaN and Infinity are not), or nested or with a number
            so large that no parser takes it; 422 JSON, but not an object.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        _refuse(
            ProblemKind.INVALID_JSON,
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        )
    except RecursionError:
        _refuse(ProblemKind.INVALID_JSON, "The body is nested too deeply.")
    except ValueError:
        # Python's limit of 4,300 digits an integer (sys.set_int_max_str_digits).
        _refuse(ProblemKind.INVALID_JSON, "The body has a number with too many digits.")
    if not isinstance(value, dict):
        detail = 'The body must be a JSON object such as {"instances": ["a text", ...]}.'
        raise ProblemError(
            Problem(
                kind=ProblemKind.INVALID_REQUEST,
                detail=detail,
                errors=[ProblemItem(pointer="", detail=detail)],
            )
        )
    return value


def _decode_base64(body: str) -> str:
    try:
        return base64.b64decode(body, validate=True).decode()
    except (binascii.Error, ValueError):
        _refuse(ProblemKind.INVALID_JSON, "The body is not UTF-8, which JSON has to be.")


def _refuse_constant(name: str) -> NoReturn:
    _refuse(ProblemKind.INVALID_JSON, f"The body is not JSON: {name} is not a JSON number.")


def _refuse_size() -> NoReturn:
    _refuse(
        ProblemKind.BODY_TOO_LARGE,
        f"The body is larger than {MAX_BODY_BYTES} bytes. Split the texts over several requests.",
    )


def _refuse(kind: ProblemKind, detail: str) -> NoReturn:
    # `from None`: a parser's error holds the body.
    raise ProblemError(Problem(kind=kind, detail=detail)) from None
