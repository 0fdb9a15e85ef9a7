"""Second pass on Spark: one object a channel, put together by S3 from what each task uploads.

Partitions are ranges of the hash, so their order is that of the lines, and the number of a
partition is that of its part in the multipart upload. No line passes through the driver.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
import narwhals as nw
import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from data_prep.dataset.additions import lines_with_parts
from data_prep.errors import DataPrepError
from data_prep.transform.rows import Frame

PART_BYTES = 64 * 2**20
"""Of lines, for one part; S3 wants at least 5 MiB in every part but the last, and hashes spread the
lines evenly."""
MOST_PARTS = 10_000
"""S3's limit for one object."""
_READ_BYTES = 4 * 2**20
_PARTS = "part int, etag string, bytes bigint, added bigint"


@dataclass(frozen=True, kw_only=True)
class Channel:
    """An object with the lines of one file."""

    bucket: str
    key: str
    bytes: int
    added: int
    """Lines that stand for parts of texts."""


def write_channel(
    s3: Any,
    lines: Frame,
    *,
    bucket: str,
    key: str,
    in_parts: bool = False,
    last_lines: Sequence[str] = (),
) -> Channel:
    """Uploads the lines in the order of their keys.

    Args:
        s3: boto3's client.
        lines: Columns `key` and `line`.
        bucket: Where the object goes.
        key: What it is called.
        in_parts: Each line is followed by the parts of its text.
        last_lines: Further lines, for the end.
    """
    native: DataFrame = nw.to_native(lines)
    size = native.agg(F.sum(F.octet_length("line") + 1)).collect()[0][0] or 0
    parts = min(max(size // PART_BYTES, 1), MOST_PARTS)
    ordered = native.select("key", "line").repartitionByRange(parts, "key")
    ordered = ordered.sortWithinPartitions("key").select("line")
    upload = s3.create_multipart_upload(Bucket=bucket, Key=key, ContentType="text/plain")
    target = {"Bucket": bucket, "Key": key, "UploadId": upload["UploadId"]}
    last = ordered.rdd.getNumPartitions() - 1
    task = _uploader(target, in_parts=in_parts, last=last, last_lines=last_lines)
    # A run that ends here leaves its parts to the bucket's lifecycle rule, as if stopped.
    uploaded = sorted(ordered.mapInArrow(task, _PARTS).collect())
    s3.complete_multipart_upload(
        **target,
        MultipartUpload={"Parts": [{"PartNumber": row.part, "ETag": row.etag} for row in uploaded]},
    )
    return Channel(
        bucket=bucket,
        key=key,
        bytes=sum(row.bytes for row in uploaded),
        added=sum(row.added for row in uploaded),
    )


def _uploader(
    target: dict[str, str], *, in_parts: bool, last: int, last_lines: Sequence[str]
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """What each task does: its partition → one part."""

    def upload(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        context = TaskContext.get()
        number = 0 if context is None else context.partitionId()
        content = bytearray()
        added = 0
        for batch in batches:
            whole = batch.column("line").to_pylist()
            lines = lines_with_parts(whole) if in_parts else whole
            added += len(lines) - len(whole)
            content += "".join(f"{line}\n" for line in lines).encode()
        if number == last:
            content += "".join(f"{line}\n" for line in last_lines).encode()
        if not content:
            return
        # The same part, should the task be tried again.
        part = number + 1
        answer = boto3.client("s3").upload_part(**target, PartNumber=part, Body=bytes(content))
        row = {"part": part, "etag": answer["ETag"], "bytes": len(content), "added": added}
        types = [("part", pa.int32()), ("etag", pa.string()), ("bytes", pa.int64())]
        schema = pa.schema([*types, ("added", pa.int64())])
        yield pa.RecordBatch.from_pylist([row], schema=schema)

    return upload


def digests(spark: SparkSession, channels: Sequence[Channel]) -> list[str]:
    """SHA-256 of each object, in hexadecimal digits; each by a task of the cluster."""

    def digest(place: tuple[str, str]) -> str:
        bucket, key = place
        sha256 = hashlib.sha256()
        for block in (
            boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_chunks(_READ_BYTES)
        ):
            sha256.update(block)
        return sha256.hexdigest()

    places = [(channel.bucket, channel.key) for channel in channels]
    return spark.sparkContext.parallelize(places, len(places)).map(digest).collect()


def move(s3: Any, channel: Channel, *, key: str) -> None:
    """Gives an object another key in its bucket; inside S3, also where it is larger than 5 GB.

    Raises:
        DataPrepError: the object did not arrive whole.
    """
    source = {"Bucket": channel.bucket, "Key": channel.key}
    s3.copy(source, channel.bucket, key)
    size = s3.head_object(Bucket=channel.bucket, Key=key)["ContentLength"]
    if size != channel.bytes:
        raise DataPrepError(
            f"s3://{channel.bucket}/{key} has {size:,} bytes, not {channel.bytes:,}"
        )
    s3.delete_object(**source)
