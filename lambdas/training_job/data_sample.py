"""A look at a file of labelled text: what is wrong with it, and which labels it has."""

import codecs
from dataclasses import dataclass
from typing import Final

from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import S3
from lambdas.training_job.training_data import EVALUATION, TEST, DataFile
from tier_layout.labels import LABEL_PREFIX

SAMPLE_BYTES: Final = 64 * 1024
"""How much of each object is looked at; some hundred reviews."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What a file's beginning tells about the file. It keeps no text: that may be a person's."""

    problem: str | None = None
    """Why it is not labelled text; a message goes on with it after the file's name."""
    labels: frozenset[str] = frozenset()
    """Those seen, without `__label__`; a file with a problem has none."""


def look_at(file: DataFile, s3: S3) -> Sample:
    """Read the first 64 KiB of a file, unless it is known without to be none for its use.

    Raises:
        ClientError, BotoCoreError: S3 did not answer.
    """
    if file.size == 0:
        return Sample(problem="is empty")
    is_channel = file.name not in {EVALUATION, TEST}
    sharing = _other_key_with_this_beginning(file, s3) if is_channel else None
    if sharing:
        return Sample(
            problem="is not alone: SageMaker reads every object whose key begins so, "
            f"{shown(sharing)} too"
        )
    response = s3.get_object(Bucket=file.bucket, Key=file.key, Range=f"bytes=0-{SAMPLE_BYTES - 1}")
    return read_sample(response["Body"].read(), whole=file.size <= SAMPLE_BYTES)


def _other_key_with_this_beginning(channel: DataFile, s3: S3) -> str | None:
    """Find a second object that the channel would read: its S3DataType is S3Prefix."""
    # Keys come in byte order, so the key itself is the first of those that begin with it.
    listing = s3.list_objects_v2(Bucket=channel.bucket, Prefix=channel.key, MaxKeys=2)
    keys = [str(entry["Key"]) for entry in listing.get("Contents", [])]
    return next((key for key in keys if key != channel.key), None)


def read_sample(content: bytes, *, whole: bool) -> Sample:
    """Judge the beginning of a file.

    `whole` tells that it is the whole file; otherwise its last line is
    incomplete, and is left out if there are others. A few lines without a label are
    let through: BlazingText skips them.
    """
    if content.startswith(b"\x1f\x8b"):
        return Sample(problem="is compressed (gzip), not text")
    # The cut may go through a character: an incremental decoder waits for its rest.
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        text = decoder.decode(content, final=whole)
    except UnicodeDecodeError as error:
        return Sample(problem=f"is not UTF-8 text (first wrong byte at {error.start})")
    if "\0" in text:
        return Sample(problem="is binary, not text (it has NUL bytes)")
    lines = text.split("\n")
    if not whole and len(lines) > 1:
        lines.pop()
    return _judge([line for line in lines if line.strip()])


def _judge(examples: list[str]) -> Sample:
    if not examples:
        return Sample(problem="has only blank lines")
    labels = [_labels_in(example) for example in examples]
    labelled = sum(map(bool, labels))
    if labelled * 2 <= len(examples):
        return Sample(problem=f"has a label in only {labelled} of its first {len(examples)} lines")
    return Sample(labels=frozenset().union(*labels))


def _labels_in(line: str) -> set[str]:
    tokens = (token for token in line.split() if token.startswith(LABEL_PREFIX))
    return {token.removeprefix(LABEL_PREFIX) for token in tokens} - {""}
