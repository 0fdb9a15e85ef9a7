"""Copies of objects between buckets: made by S3 itself, and compared with what they are copies of.

A copy gets its source's ETag, too, wherever that is possible: by ETags the evaluation knows which
model and which reviews it has seen. S3 computes it from the parts in which an object was sent, so
the copy is made in the same parts. (boto3's own choice of parts changed the ETags of three of four
objects that were tried, all but the one that had been uploaded with the same choice.)
"""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_missing_object
from tier_layout.s3_address import S3Address

_MOST_AT_ONCE = 5 << 30
"""Bytes that one CopyObject copies at the most. What was sent in one part is never larger."""
_READ_BYTES = 1 << 20


class CopyError(ValueError):
    """An object cannot be copied, or its copy is another object."""


@dataclass(frozen=True, kw_only=True)
class Copied:
    """What came of one copy."""

    sent: bool
    """False when an object of the same content was there already."""
    compared_by: str
    """What shows that both have the same bytes."""


def head(s3: Any, place: S3Address) -> Mapping[str, Any] | None:
    """What S3 says of an object; None when there is none.

    Raises:
        botocore.exceptions.ClientError: S3 refuses to say.
    """
    try:
        found: Mapping[str, Any] = s3.head_object(Bucket=place.bucket, Key=place.key)
    except ClientError as error:
        if is_missing_object(error):
            return None
        raise
    return found


def copy_object(
    s3: Any,
    source: S3Address,
    target: S3Address,
    *,
    replace: bool,
    progress: Callable[[int], None] = lambda _: None,
) -> Copied:
    """Make `target` an object of the same bytes, ETag and metadata as `source`.

    Args:
        s3: boto3's client.
        source: must be there.
        target: where the copy goes.
        replace: whether it may take the place of an object with other content.
        progress: is told how many further bytes have been copied.

    Raises:
        CopyError: the source is gone, there is another object in the target's place, or the copy's
            bytes are not the source's.
    """
    wanted = head(s3, source)
    if wanted is None:
        raise CopyError(f"There is no object {source}.")
    found = head(s3, target)
    if found is not None:
        same = _same_content(s3, source, wanted, target, found)
        if same:
            return Copied(sent=False, compared_by=same)
        if not replace:
            raise CopyError(
                f"{target} is another object than {source}, and is not replaced: what the "
                "tier serves may depend on it. If nothing does, remove it "
                f"(aws s3 rm {target}), and run the command again."
            )
    part = _part_size(s3, source, wanted["ETag"])
    s3.copy(
        {"Bucket": source.bucket, "Key": source.key},
        target.bucket,
        target.key,
        ExtraArgs={"CopySourceIfMatch": wanted["ETag"]},
        Callback=progress,
        Config=TransferConfig(
            multipart_threshold=part or _MOST_AT_ONCE + 1,
            multipart_chunksize=part or _MOST_AT_ONCE,
        ),
    )
    copied = head(s3, target)
    same = _same_content(s3, source, wanted, target, copied) if copied else None
    if not same:
        raise CopyError(f"{target} has other bytes than {source}. Run the command again.")
    return Copied(sent=True, compared_by=same)


def _part_size(s3: Any, place: S3Address, etag: str) -> int | None:
    """The bytes of each part that an object was sent in; None for one that was sent whole."""
    if "-" not in etag:
        return None
    # Not HeadObject, in whose answer the embedded AWS leaves the part out. The body is not read.
    first = s3.get_object(Bucket=place.bucket, Key=place.key, PartNumber=1, IfMatch=etag)
    first["Body"].close()
    size: int = first["ContentLength"]
    return size


def _same_content(
    s3: Any,
    one: S3Address,
    head_of_one: Mapping[str, Any],
    other: S3Address,
    head_of_other: Mapping[str, Any],
) -> str | None:
    """What shows that two objects have the same bytes; None when they have not."""
    if head_of_one["ContentLength"] != head_of_other["ContentLength"]:
        return None
    if head_of_one["ETag"] == head_of_other["ETag"]:
        return "ETag and size"
    # Sent in other parts, or encrypted with a key of KMS: then ETags say nothing.
    if _sha256(s3, one) == _sha256(s3, other):
        return "SHA-256"
    return None


def _sha256(s3: Any, place: S3Address) -> str:
    digest = hashlib.sha256()
    with closing(s3.get_object(Bucket=place.bucket, Key=place.key)["Body"]) as body:
        for piece in body.iter_chunks(_READ_BYTES):
            digest.update(piece)
    return digest.hexdigest()
