"""Who is told by S3 that an object does not exist: whoever may list its bucket."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import new_uuid
from ministack.core.router import extract_access_key_id, extract_region

_LIST = "s3:ListBucket"


def hide_missing_objects() -> None:
    """s3.py:5442 and 649 answer 404 to every caller.

    S3 answers 403 to one who may not list the bucket (API reference of GetObject and HeadObject,
    "Permissions").
    """
    handle = app.SERVICE_HANDLERS["s3"]

    async def answer(
        method: str, path: str, headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]
    ) -> Any:
        answered = await handle(method, path, headers, body, query)
        bucket, _, key = unquote(path).lstrip("/").partition("/")
        if answered[0] != 404 or method not in {"GET", "HEAD"} or not key:
            return answered
        return _refused(bucket, method, headers, query) or answered

    app.SERVICE_HANDLERS["s3"] = answer


def _refused(
    bucket: str, method: str, headers: Mapping[str, str], query: Mapping[str, Any]
) -> Any | None:
    """What a caller gets who may not list the bucket; None for others."""
    arn = f"arn:aws:s3:::{bucket}"
    denied = iam_evaluator.enforce(
        extract_access_key_id(headers, query), _LIST, "s3", extract_region(headers), arn
    )
    if not isinstance(denied, iam_evaluator.EvalResult):
        return None
    status, answered, body = iam_actions.access_denied_response(
        "s3",
        _LIST,
        denied.principal_arn,
        new_uuid(),
        headers=headers,
        resource_arn=arn,
        explicit_deny=denied.decision == "Deny",
    )
    return status, answered, b"" if method == "HEAD" else body
