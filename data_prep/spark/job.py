"""`prepare` as a Spark job: raw reviews in S3 → a dataset in the tier's data bucket.

The lines, their order and the manifest are the same as those of `prepare` on one machine.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
import narwhals as nw
from botocore.exceptions import BotoCoreError, ClientError
from pyspark import StorageLevel
from pyspark.errors import PythonException
from pyspark.sql import DataFrame, SparkSession

from data_prep.dataset.account import Dataset, what_was_read
from data_prep.errors import DataPrepError
from data_prep.reading.s3_sources import find_objects
from data_prep.request import Request
from data_prep.spark import rows as spark_rows
from data_prep.spark.channels import digests, move, write_channel
from data_prep.spark.engine import SparkEngine
from data_prep.transform.majority import settled
from data_prep.transform.rows import Frame, by_text
from data_prep.transform.side import Side
from data_prep.transform.split import Dropped, Split, count_dropped, split_texts, unique_texts
from tier_layout.bucket import MANIFEST_FILE, dataset_prefix
from tier_layout.s3_address import S3Address


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the job; Glue passes more arguments than it needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bucket", required=True, help="the tier's data bucket")
    parser.add_argument("--source", required=True, help="s3://… of a file or a folder")
    parser.add_argument("--request", required=True, help="data_prep.request.Request as JSON")
    parser.add_argument("--result", required=True, help="s3://… where the outcome is written")
    options, _ = parser.parse_known_args(arguments)
    s3 = boto3.client("s3")
    result = S3Address.parse(options.result)
    try:
        outcome = run(
            _session(),
            s3,
            source=S3Address.parse(options.source),
            request=Request.from_json(options.request),
            bucket=options.bucket,
            staging=f"{result.key.removesuffix('.json')}/",
        )
    except (DataPrepError, PythonException, BotoCoreError, ClientError) as error:
        outcome = {"error": _told(error)}
    s3.put_object(Bucket=result.bucket, Key=result.key, Body=json.dumps(outcome).encode())
    if "error" in outcome:
        print(f"data_prep: {outcome['error']}", file=sys.stderr)
        return 1
    return 0


def _session() -> SparkSession:
    return (
        SparkSession.builder.appName("data_prep")
        # Otherwise Label and label would be one column.
        .config("spark.sql.caseSensitive", "true")
        # Rows come in the order of the file, each time that it is read: no sort is needed to
        # spread them alike.
        .config("spark.sql.execution.sortBeforeRepartition", "false")
        .getOrCreate()
    )


def run(
    spark: SparkSession, s3: Any, *, source: S3Address, request: Request, bucket: str, staging: str
) -> dict[str, str]:
    """Prepares the dataset; returns the keys of its objects.

    Args:
        spark: The session.
        s3: boto3's client.
        source: A file or a folder of raw reviews.
        request: What is asked for.
        bucket: The data bucket.
        staging: A prefix in the bucket for objects whose content, and so their key, is not known.

    Raises:
        DataPrepError: as `prepare` on one machine does.
    """
    sources = find_objects(s3, source)
    print(f"reading {len(sources)} of {sum(entry.size for entry in sources):,} bytes", flush=True)
    with _step("read and normalised"):
        rows = spark_rows.read_and_normalise(spark, sources, request.layout)
    rows.bad.check(rows=rows.rows_in, most=request.most_bad)
    with _step(f"split {rows.rows_in:,} rows by their texts' hashes"):
        kept = nw.from_native(rows.kept)
        found = _persisted(by_text(kept, carry="line"))
        texts = _persisted(settled(found, kept, carry="line"))
        dropped = count_dropped(texts)
        nw.to_native(found).unpersist()
        rows.every.unpersist()
        split = split_texts(
            unique_texts(texts),
            SparkEngine(),
            own={Side.of(entry) for entry in sources},
            choice=request.choice,
            dropped=dropped,
            account=what_was_read(
                rows_in=rows.rows_in,
                not_mapped=rows.not_mapped,
                not_mapped_names=rows.not_mapped_names,
                bad=rows.bad,
            ),
        )
    with _step("wrote the files"):
        chosen = split.sides(unique_texts(texts))
        return _write(spark, s3, chosen, split, rows, request, bucket=bucket, staging=staging)


def _write(  # noqa: PLR0917
    spark: SparkSession,
    s3: Any,
    chosen: Frame,
    split: Split,
    rows: spark_rows.SparkRows,
    request: Request,
    *,
    bucket: str,
    staging: str,
) -> dict[str, str]:
    learned = split.labels[Side.TRAIN]
    emoticons = request.additions.emoticon_lines(learned)
    channels = {
        side: write_channel(
            s3,
            chosen.filter(nw.col("side") == int(side)),
            bucket=bucket,
            key=f"{staging}{side.file}",
            in_parts=side is Side.TRAIN and request.additions.in_parts(learned.total()),
            last_lines=emoticons if side is Side.TRAIN else (),
        )
        for side in split.labels
    }
    sha256 = dict(zip(channels, digests(spark, [*channels.values()]), strict=True))
    folder = dataset_prefix(*sha256.values())
    dataset = Dataset(
        rows_in=rows.rows_in,
        dropped=+(split.dropped + Counter({Dropped.NOT_MAPPED: rows.not_mapped})),
        bad=rows.bad,
        labels=split.labels,
        added={
            "parts of texts": channels[Side.TRAIN].added,
            "emoticons": len(emoticons),
            "short texts": 0,
        },
        files={
            side.file: {"sha256": sha256[side], "bytes": channel.bytes}
            for side, channel in channels.items()
        },
    )
    keys = {f"{side.channel}_key": f"{folder}/{side.file}" for side in channels}
    for side, channel in channels.items():
        move(s3, channel, key=f"{folder}/{side.file}")
    keys["manifest_key"] = f"{folder}/{MANIFEST_FILE}"
    s3.put_object(
        Bucket=bucket,
        Key=keys["manifest_key"],
        Body=dataset.manifest(request.command),
        ContentType="application/json",
    )
    return keys


def _persisted(frame: Frame) -> Frame:
    native: DataFrame = nw.to_native(frame)
    return nw.from_native(native.persist(StorageLevel.DISK_ONLY))


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Says how long a step took, for whoever follows the job's output."""
    start = time.monotonic()
    yield
    print(f"{name} ({time.monotonic() - start:.1f} s)", flush=True)


def _told(error: Exception) -> str:
    """What a user needs of an error, which may have come from a worker with its stack trace."""
    if not isinstance(error, PythonException):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    name = f"{DataPrepError.__module__}.{DataPrepError.__qualname__}: "
    for line in lines:
        if line.startswith(name):
            return line.removeprefix(name)
    return next((line for line in reversed(lines) if "Error" in line), lines[-1])
