"""Operations and services that the embedded AWS does not offer, refused in AWS's words.

ministack 1.5.33 answers InvalidAction, which is the query services', for JSON services too, and
without an error code where it knows the service as little (app.py:3168).
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app

Response = tuple[int, dict[str, str], bytes]
Handler = Callable[..., Awaitable[Response]]

_JSON_SERVICES = ("ecr", "glue", "logs", "ssm", "states")
_NOT_OFFERED = {"InvalidAction", "InvalidOperationException"}


def refuse_unknown_operations() -> None:
    """Put the words right."""
    for service in _JSON_SERVICES:
        app.SERVICE_HANDLERS[service] = _in_json_words(service, app.SERVICE_HANDLERS[service])
    app.SERVICE_HANDLERS = _Offered(app.SERVICE_HANDLERS)


class _Offered(dict[str, Handler]):
    """The services' handlers; of a service that is not offered, one that says so."""

    def get(self, service: str, default: Any = None) -> Any:
        return super().get(service) or default or _not_offered(service)


def _not_offered(service: str) -> Handler:
    async def refuse(*_: Any) -> Response:
        return _refusal(f"The embedded AWS does not offer the service {service}.")

    return refuse


def _in_json_words(service: str, handle: Handler) -> Handler:
    async def handled(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any
    ) -> Response:
        response = await handle(method, path, headers, body, query)
        if response[0] == 400 and _code(response[2]) in _NOT_OFFERED:
            operation = headers.get("x-amz-target", "").rpartition(".")[2]
            return _refusal(f"The embedded AWS does not offer {service}'s {operation}.")
        return response

    return handled


def _code(body: bytes) -> str:
    try:
        answer = json.loads(body)
    except ValueError:
        return ""
    return str(answer.get("__type", "")).rpartition("#")[2] if isinstance(answer, dict) else ""


def _refusal(message: str) -> Response:
    code = "UnknownOperationException"
    content = json.dumps({"__type": code, "message": message}).encode()
    return 400, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}, content
