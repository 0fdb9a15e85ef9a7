"""The files in S3 that a model is made with: that they are there, and which content they have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import READ_PERMISSIONS, is_forbidden, is_missing_object
from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import S3
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties

EVALUATION: Final = "evaluation"
"""The file that the model is evaluated on, where EvaluationKey names another than the test file."""
TEST: Final = "test"
"""The file that the model is evaluated on, where it is the test file and not a channel's, too."""

UPLOAD: Final = (
    "`python -m data_prep upload` puts the files into the bucket and prints the parameters "
    "to deploy with."
)


class UnreadableDataError(TrainingJobError):
    """An object that a channel needs is not there, or may not be read."""


@dataclass(frozen=True, kw_only=True)
class DataFile:
    """One object, identified by its content."""

    name: str
    """The channel that reads it, `train` or `validation`; or `test` or `evaluation`."""
    bucket: str
    key: str
    etag: str
    """S3's, without its quotes. The same bytes uploaded in other parts have another one,
    which costs a training run and no correctness."""
    size: int
    """Bytes."""

    @property
    def content(self) -> tuple[str, int]:
        """What two files with the same bytes share."""
        return self.etag, self.size

    def __str__(self) -> str:
        """Name the object, and what it is needed for."""
        return f"{shown(self.key)} ({_use(self.name)})"


@dataclass(frozen=True, kw_only=True)
class FoundFiles:
    """The files that are there, and what is wrong with the others."""

    files: tuple[DataFile, ...]
    problems: tuple[str, ...]
    """One for every object that is missing or forbidden."""
    refusal: ClientError | None
    """Why the last of the forbidden ones may not be read."""


def find_files(bucket: str, keys: Mapping[str, str], s3: S3) -> FoundFiles:
    """Look objects up without reading them.

    Args:
        bucket: its name.
        keys: by the name of the file.
        s3: the service.

    Raises:
        ClientError, BotoCoreError: S3 did not say what is with one of them.
    """
    found: list[DataFile] = []
    problems: list[str] = []
    refusal: ClientError | None = None
    for name, key in keys.items():
        try:
            head = s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing_object(error):
                problems.append(f"no object has the key {shown(key)} ({_use(name)})")
            elif is_forbidden(error):
                problems.append(
                    f"the object {shown(key)} ({_use(name)}) may not be read (it takes "
                    f"{READ_PERMISSIONS})"
                )
                refusal = error
            else:
                raise
        else:
            etag, size = str(head["ETag"]).strip('"'), int(head["ContentLength"])
            found.append(DataFile(name=name, bucket=bucket, key=key, etag=etag, size=size))
    return FoundFiles(files=tuple(found), problems=tuple(problems), refusal=refusal)


def find_channels(properties: TrainingJobProperties, s3: S3) -> tuple[DataFile, ...]:
    """Look up both channels' objects without reading them.

    Raises:
        UnreadableDataError: names every object that is missing or forbidden; its cause is
            the refusal if there was one.
    """
    found = find_files(properties.bucket_name, properties.channel_keys, s3)
    if found.problems:
        raise UnreadableDataError(
            f"The bucket {properties.bucket_name} lacks training data:",
            detail="; ".join(found.problems) + ".",
            after=f"{UPLOAD} Nothing was started.",
        ) from found.refusal
    return found.files


def _use(name: str) -> str:
    return {EVALUATION: "EvaluationKey", TEST: "TestKey"}.get(name, f"channel {name}")
