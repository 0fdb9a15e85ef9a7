"""S3 uses a customer's key for whoever may use it.

ministack 1.5.33 notes which key an object is encrypted with (s3.py:4836) and asks nobody for it.
"""

from typing import Any
from urllib.parse import unquote

from ministack.core import iam_evaluator
from ministack.services import s3

_KEY = "x-amz-server-side-encryption-aws-kms-key-id"
_READS = {"s3:GetObject", "s3:GetObjectVersion"}
_WRITE = "s3:PutObject"


def ask_for_keys_of_objects() -> None:
    """iam_evaluator.py:1655 decides on the object alone.

    "To upload an object encrypted with an AWS KMS key, you need kms:GenerateDataKey; to download
    it, kms:Decrypt" (S3 user guide, UsingKMSEncryption), and S3 asks on the caller's behalf
    (kms:ViaService).
    """
    enforce = iam_evaluator.enforce

    def enforce_with_key(
        access_key_id: str, iam_action: str, service: str, region: str, *rest: Any, **more: Any
    ) -> Any:
        denied = enforce(access_key_id, iam_action, service, region, *rest, **more)
        resource_arn = rest[0] if rest else more.get("resource_arn", "*")
        key = _key_of(iam_action, resource_arn) if denied is None else None
        if key is None:
            return denied
        action = "kms:Decrypt" if iam_action in _READS else "kms:GenerateDataKey"
        via = {"kms:ViaService": f"s3.{region}.amazonaws.com"}
        refused = enforce(access_key_id, action, "kms", region, key, via)
        if not isinstance(refused, iam_evaluator.EvalResult):
            return refused
        return iam_evaluator.AuthError(
            "AccessDenied",
            f"User: {refused.principal_arn} is not authorized to perform: {action} on resource:"
            f" {key} because no identity-based policy allows the {action} action",
        )

    iam_evaluator.enforce = enforce_with_key


def _key_of(action: str, resource_arn: str) -> str | None:
    """The ARN of the key that an object is, or would be, encrypted with."""
    if action not in _READS and action != _WRITE:
        return None
    bucket, _, name = resource_arn.rpartition(":")[2].partition("/")
    if action == _WRITE:
        found = s3._bucket_default_sse_headers(bucket).get(_KEY)
    else:
        objects = s3._buckets.get(bucket, {}).get("objects", {})
        stored = objects.get(name) or objects.get(unquote(name)) or {}
        found = stored.get("preserved_headers", {}).get(_KEY)
    return str(found) if found else None
