"""Puts the two files into a tier's data bucket, under keys that follow from their content."""

import hashlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Protocol

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from data_prep.errors import DataPrepError
from data_prep.files import MANIFEST_FILE, TEST_FILE, TRAIN_FILE

AWS_ERRORS = (BotoCoreError, ClientError, S3UploadFailedError)


class S3Client(Protocol):
    """What is used of boto3's S3 client."""

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        """Size and metadata of an object."""

    def upload_file(  # noqa: D102
        self,
        Filename: str,  # noqa: N803
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        *,
        ExtraArgs: dict[str, str],  # noqa: N803
        Callback: Callable[[int], None],  # noqa: N803
    ) -> None: ...


class CloudFormationClient(Protocol):
    """What is used of boto3's CloudFormation client."""

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        """The stack's outputs, among other things."""


@dataclass(frozen=True, kw_only=True)
class TrainingFiles:
    """The two files of a directory, and the keys that their content gives them."""

    train: Path
    test: Path
    content_hash: str
    """First 12 hexadecimal digits of the SHA-256 of both files, the training file first."""
    manifest: Path | None = None
    """`dataset.json`, if `data_prep prepare` wrote the directory."""

    @property
    def train_key(self) -> str:
        """Value of the stack parameter `TrainKey`."""
        return f"datasets/{self.content_hash}/{TRAIN_FILE}"

    @property
    def test_key(self) -> str:
        """Value of the stack parameter `TestKey`."""
        return f"datasets/{self.content_hash}/{TEST_FILE}"

    @property
    def manifest_key(self) -> str:
        """Beside them, so that whoever knows where a model was trained finds how it was made."""
        return f"datasets/{self.content_hash}/{MANIFEST_FILE}"

    @property
    def objects(self) -> list[tuple[Path, str]]:
        """Every file that is uploaded, with its key."""
        objects = [(self.train, self.train_key), (self.test, self.test_key)]
        if self.manifest:
            objects.append((self.manifest, self.manifest_key))
        return objects


def read_training_files(directory: Path) -> TrainingFiles:
    """Hashes the two files, and makes sure that BlazingText can learn from them.

    Raises:
        DataPrepError: a file is missing or empty, or one of its lines has no label.
    """
    digest = hashlib.sha256()
    train, test = directory / TRAIN_FILE, directory / TEST_FILE
    for file in (train, test):
        number = 0
        try:
            with file.open("rb") as lines:
                for number, line in enumerate(lines, start=1):
                    digest.update(line)
                    if b"__label__" not in line:
                        raise DataPrepError(
                            f"{file}, line {number:,} has no __label__. Write the files with "
                            "`python -m data_prep prepare`"
                        )
        except OSError as error:
            raise DataPrepError(
                f"cannot read {file}: {error.strerror}. `python -m data_prep sample` or "
                "`… prepare FILE.csv` writes it"
            ) from error
        if number == 0:
            raise DataPrepError(f"{file} is empty: there is nothing to train on")
    manifest = directory / MANIFEST_FILE
    return TrainingFiles(
        train=train,
        test=test,
        content_hash=digest.hexdigest()[:12],
        manifest=manifest if manifest.is_file() else None,
    )


def find_bucket(cloudformation: CloudFormationClient, tier: str) -> str:
    """The data bucket of a tier: output `DataBucketName` of stack `<tier>-TrainingJob`.

    Raises:
        DataPrepError: the stack is not there or has no such output.
    """
    stack = f"{tier}-TrainingJob"
    remedy = f"Deploy it first (`npx cdk deploy {stack} -c tier={tier}`), or name a --bucket"
    try:
        described = cloudformation.describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in str(error):
            raise DataPrepError(
                f"there is no stack {stack} in this account and region. {remedy}"
            ) from error
        raise
    for output in described["Stacks"][0].get("Outputs", []):
        if output["OutputKey"] == "DataBucketName":
            return str(output["OutputValue"])
    raise DataPrepError(f"stack {stack} has no output DataBucketName (yet). {remedy}")


def upload_file(
    s3: S3Client, file: Path, *, bucket: str, key: str, progress: Callable[[int], None]
) -> bool:
    """Uploads one file unless the bucket has it; in parts if it is large, as boto3 sees fit.

    An object only appears once it is complete, and its key names its content. So one that is there
    is the same, and an upload that was interrupted starts again.

    Returns:
        Whether anything had to be sent.
    """
    size = file.stat().st_size
    try:
        if s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == size:
            progress(size)
            return False
    except ClientError as error:
        # Without the permission to list, S3 answers 403 for an object that is not there.
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status not in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            raise
    s3.upload_file(
        str(file), bucket, key, ExtraArgs={"ContentType": "text/plain"}, Callback=progress
    )
    return True


def deploy_command(files: TrainingFiles, tier: str) -> str:
    """The line that trains on these files and moves the endpoint to the new model."""
    stack = f"{tier}-MachineLearningInfrastructure"
    parameters = {"TrainKey": files.train_key, "TestKey": files.test_key}
    settings = [
        word
        for name, value in parameters.items()
        for word in ("--parameters", f"{stack}:{name}={value}")
    ]
    return shlex.join(["npx", "cdk", "deploy", stack, "-c", f"tier={tier}", *settings])


def describe_aws_error(error: Exception) -> str:
    """One line on a failed call, with a remedy where there is an obvious one."""
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return (
            "no AWS credentials were found: run `aws configure`, or set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    if isinstance(error, NoRegionError):
        return "no AWS region is set: run `aws configure`, or set AWS_DEFAULT_REGION"
    return f"the call to AWS failed: {error}"
