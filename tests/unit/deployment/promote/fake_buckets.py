"""S3 as far as copies between buckets need it, with ETags as S3 makes them."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError
from botocore.response import StreamingBody


def missing() -> ClientError:
    """What boto3 raises for an object that is not there."""
    return ClientError(
        {"Error": {"Code": "404"}, "ResponseMetadata": {"HTTPStatusCode": 404}},  # type: ignore[typeddict-item,unused-ignore]
        "HeadObject",
    )


@dataclass(frozen=True)
class Stored:
    """An object, and the size of the parts in which it came; None for one that came whole."""

    content: bytes
    part: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    etag_of: str = ""
    """Instead of one that follows from the content, as with a key of KMS."""

    @property
    def etag(self) -> str:
        if self.etag_of:
            return f'"{self.etag_of}"'
        if self.part is None:
            return f'"{hashlib.md5(self.content).hexdigest()}"'  # noqa: S324 - as S3 does
        pieces = range(0, len(self.content), self.part)
        digests = [hashlib.md5(self.content[at : at + self.part]).digest() for at in pieces]  # noqa: S324
        return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'  # noqa: S324


@dataclass
class FakeBuckets:
    """Objects by bucket and key, and what was done."""

    objects: dict[tuple[str, str], Stored] = field(default_factory=dict)
    sent: list[tuple[str, str]] = field(default_factory=list)
    """What was copied or uploaded, in that order."""
    spoil: Callable[[bytes], bytes] = lambda content: content
    """What becomes of a copy's bytes on the way."""

    def put(self, bucket: str, key: str, content: bytes, **how: Any) -> None:
        """Put an object there, as somebody else would."""
        self.objects[bucket, key] = Stored(content, **how)

    def keys(self, bucket: str) -> set[str]:
        """The keys of a bucket."""
        return {key for owner, key in self.objects if owner == bucket}

    def _find(self, bucket: str, key: str) -> Stored:
        if (bucket, key) not in self.objects:
            raise missing()
        return self.objects[bucket, key]

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        found = self._find(Bucket, Key)
        return {
            "ContentLength": len(found.content),
            "ETag": found.etag,
            "Metadata": found.metadata,
        }

    def get_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        PartNumber: int = 0,  # noqa: N803
        IfMatch: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        found = self._find(Bucket, Key)
        assert IfMatch in ("", found.etag)
        content = found.content[: found.part] if PartNumber else found.content
        body = StreamingBody(io.BytesIO(content), len(content))
        return {"Body": body, "ContentLength": len(content)}

    def copy(
        self,
        source: Mapping[str, str],
        bucket: str,
        key: str,
        *,
        ExtraArgs: Mapping[str, str],  # noqa: N803
        Callback: Callable[[int], None],  # noqa: N803
        Config: TransferConfig,  # noqa: N803
    ) -> None:
        found = self._find(source["Bucket"], source["Key"])
        assert ExtraArgs["CopySourceIfMatch"] == found.etag
        whole = len(found.content) < Config.multipart_threshold
        part = None if whole else Config.multipart_chunksize
        self.objects[bucket, key] = Stored(self.spoil(found.content), part, found.metadata)
        self.sent.append((bucket, key))
        Callback(len(found.content))

    def upload_file(
        self,
        path: str,
        bucket: str,
        key: str,
        *,
        ExtraArgs: Mapping[str, Any],  # noqa: N803
    ) -> None:
        content = Path(path).read_bytes()
        self.objects[bucket, key] = Stored(content, metadata=ExtraArgs["Metadata"])
        self.sent.append((bucket, key))

    def upload_fileobj(self, file: BinaryIO, bucket: str, key: str, **_: Any) -> None:
        self.objects[bucket, key] = Stored(file.read())
        self.sent.append((bucket, key))

    def get_paginator(self, operation: str) -> "FakeBuckets":
        assert operation == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        """A key a page, and an empty page, as S3 may answer."""
        yield {}
        for key in sorted(self.keys(Bucket)):
            if key.startswith(Prefix):
                yield {"Contents": [{"Key": key}]}
