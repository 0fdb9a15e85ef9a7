"""What Schemathesis needs to know of the API beside its document: how a caller signs.

The environment says who calls: `API_KEY`, and `SIGNED` where requests have to be signed, too. The
AWS credentials are botocore's.
"""

import os
from typing import Any

import requests
import schemathesis
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import get_session
from schemathesis.core.parameters import ParameterLocation

from review_text import CURRENT

_NOT_SIGNED = frozenset({"connection", "content-length", "user-agent", "accept-encoding"})
"""Headers that a client may still change."""


class Caller(requests.auth.AuthBase):
    """Has the key of the usage plan, and signs what is sent."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Authenticate one request, as it goes out."""
        request.headers["x-api-key"] = os.environ["API_KEY"]
        if os.environ.get("SIGNED"):
            _sign(request)
        return request


def _sign(request: requests.PreparedRequest) -> None:
    session = get_session()
    sent = {
        name: value for name, value in request.headers.items() if name.lower() not in _NOT_SIGNED
    }
    signed = AWSRequest(method=request.method, url=request.url, data=request.body, headers=sent)
    signer = SigV4Auth(
        session.get_credentials(), "execute-api", session.get_config_variable("region")
    )
    signer.add_auth(signed)
    for name, value in signed.headers.items():
        request.headers[name] = value


class Callers:
    """Authenticates all cases but those that are to have wrong credentials, or none."""

    def get(self, _case: Any, _context: Any) -> Caller:
        """Every case has the same caller."""
        return Caller()

    def set(self, case: Any, caller: Caller, _context: Any) -> None:
        """Authenticate a case."""
        # The credentials are all the headers that the API has.
        if case.meta is None or not case.meta.is_negative_at(ParameterLocation.HEADER):
            case._auth = caller


if os.environ.get("API_KEY"):
    schemathesis.auth(refresh_interval=None).apply_to(path="/sentiment")(Callers)


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """Leave out what JSON Schema cannot tell from a text: NUL, or markup without any words.

    The answers to these are tested one by one (tests/unit/lambdas/sentiment_api/test_bad_input.py).
    """
    texts = body.get("instances") if isinstance(body, dict) else None
    return not any(
        isinstance(text, str) and text and ("\0" in text or not CURRENT.normalise(text))
        for text in (texts if isinstance(texts, list) else ())
    )
