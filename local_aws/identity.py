"""How one embedded AWS recognises another on a port."""

import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

PATH = "/_local_aws"

_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Identity:
    """An embedded AWS, as it answers at `PATH`."""

    pid: int
    state: str


def with_identity(application: Any, state: Path) -> Any:
    """Ministack's ASGI application, which also says whose it is."""
    content = json.dumps(asdict(Identity(os.getpid(), str(state)))).encode()

    async def identified(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await application(scope, receive, send)
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(content)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content, "more_body": False})

    return identified


def embedded_aws_on(port: int) -> Identity | None:
    """The embedded AWS that listens on a loopback port; None when something else does."""
    # Not urllib, which would ask a proxy that the environment names.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", PATH)
        return Identity(**json.load(connection.getresponse()))
    except (OSError, http.client.HTTPException, ValueError, TypeError):
        return None
    finally:
        connection.close()
