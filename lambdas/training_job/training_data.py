"""The two channels' objects: that they are there, and that they are training data."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_forbidden, is_missing_object
from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import S3
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties
from tier_layout.labels import LABEL_PREFIX

SAMPLE_BYTES: Final = 64 * 1024
"""How much of each object is looked at; some hundred reviews."""

_UPLOAD: Final = (
    "`python -m data_prep upload` puts both files into the bucket and prints the parameters "
    "to deploy with. Nothing was started."
)


class UnreadableDataError(TrainingJobError):
    """An object that a channel needs is not there, or may not be read."""


@dataclass(frozen=True, kw_only=True)
class ChannelData:
    """One channel's object, identified by its content."""

    name: str
    """`train` or `validation`."""
    bucket: str
    key: str
    etag: str
    """S3's, without its quotes. The same bytes uploaded in other parts have another one,
    which costs a training run and no correctness."""
    size: int
    """Bytes."""


def find_channels(properties: TrainingJobProperties, s3: S3) -> tuple[ChannelData, ...]:
    """Look up both channels' objects without reading them.

    Raises:
        UnreadableDataError: names every object that is missing or forbidden; its cause is
            the refusal if there was one.
    """
    found: list[ChannelData] = []
    problems: list[str] = []
    refusal: ClientError | None = None
    for name, key in (("train", properties.train_key), ("validation", properties.test_key)):
        try:
            head = s3.head_object(Bucket=properties.bucket_name, Key=key)
        except ClientError as error:
            if is_missing_object(error):
                problems.append(f"no object has the key {shown(key)} (channel {name})")
            elif is_forbidden(error):
                problems.append(f"the object {shown(key)} (channel {name}) may not be read")
                refusal = error
            else:
                raise
        else:
            found.append(
                ChannelData(
                    name=name,
                    bucket=properties.bucket_name,
                    key=key,
                    etag=str(head["ETag"]).strip('"'),
                    size=int(head["ContentLength"]),
                )
            )
    if problems:
        raise UnreadableDataError(
            f"The bucket {properties.bucket_name} lacks training data:",
            detail="; ".join(problems) + ".",
            after=_UPLOAD,
        ) from refusal
    return tuple(found)


def require_labelled_text(channels: Sequence[ChannelData], s3: S3) -> None:
    """Read the beginning of each object, and refuse what BlazingText could not learn from.

    No message quotes a line: it may be a person's review.

    Raises:
        TrainingJobError: lists the problems of both objects.
    """
    problems = []
    for channel in channels:
        problem = _problem_with(channel, s3)
        if problem:
            problems.append(f"{shown(channel.key)} (channel {channel.name}) {problem}")
    if not problems and len({(channel.etag, channel.size) for channel in channels}) == 1:
        problems.append(
            "both channels have the same content, so that the accuracy would be measured on "
            "what the model was trained on"
        )
    if problems:
        raise TrainingJobError(
            f"The data in the bucket {channels[0].bucket} cannot be trained on:",
            detail="; ".join(problems) + ".",
            after=f"BlazingText reads UTF-8 text with one example a line, each with a label like "
            f"{LABEL_PREFIX}positive. {_UPLOAD}",
        )


def _problem_with(channel: ChannelData, s3: S3) -> str | None:
    if channel.size == 0:
        return "is empty"
    sharing = _other_key_with_this_beginning(channel, s3)
    if sharing:
        return (
            f"is not alone: SageMaker reads every object whose key begins so, {shown(sharing)} too"
        )
    response = s3.get_object(
        Bucket=channel.bucket, Key=channel.key, Range=f"bytes=0-{SAMPLE_BYTES - 1}"
    )
    return problem_with_sample(response["Body"].read(), whole=channel.size <= SAMPLE_BYTES)


def _other_key_with_this_beginning(channel: ChannelData, s3: S3) -> str | None:
    """Find a second object that the channel would read: its S3DataType is S3Prefix."""
    # Keys come in byte order, so the key itself is the first of those that begin with it.
    listing = s3.list_objects_v2(Bucket=channel.bucket, Prefix=channel.key, MaxKeys=2)
    keys = [str(entry["Key"]) for entry in listing.get("Contents", [])]
    return next((key for key in keys if key != channel.key), None)


def problem_with_sample(sample: bytes, *, whole: bool) -> str | None:
    """Say why the beginning of a file is not labelled text; None when it is.

    `whole` tells that the sample is the whole file; otherwise its last line is
    incomplete, and is left out if there are others. A few lines without a label are
    let through: BlazingText skips them.
    """
    if sample.startswith(b"\x1f\x8b"):
        return "is compressed (gzip), not text"
    # The cut may go through a character: an incremental decoder waits for its rest.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(sample, final=whole)
    except UnicodeDecodeError as error:
        return f"is not UTF-8 text (first wrong byte at {error.start})"
    if "\0" in text:
        return "is binary, not text (it has NUL bytes)"
    lines = text.split("\n")
    if not whole and len(lines) > 1:
        lines.pop()
    examples = [line for line in lines if line.strip()]
    labelled = sum(map(_has_label, examples))
    if not examples:
        return "has only blank lines"
    if labelled * 2 <= len(examples):
        return f"has a label in only {labelled} of its first {len(examples)} lines"
    return None


def _has_label(line: str) -> bool:
    return any(token.startswith(LABEL_PREFIX) and token != LABEL_PREFIX for token in line.split())
