"""S3 as training and hosting use it."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local_aws.sagemaker.errors import SageMakerError
from tier_layout.s3_address import S3Address

_COPY_BYTES = 1 << 20


class ObjectStore:
    """Lists, downloads and uploads by `s3://bucket/key` URL."""

    def __init__(self, client: Callable[[], Any]) -> None:
        """Use S3.

        Args:
            client: gives a boto3 S3 client; called at first use, when S3 is up.
        """
        self._new_client = client
        self._cached: Any = None

    def keys(self, url: str) -> list[str]:
        """Every key that begins with the URL's key, in S3's order.

        A bucket that does not exist has none: CreateTrainingJob words both alike.
        """
        bucket, prefix = split_url(url)
        try:
            return list(self._keys(bucket, prefix))
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchBucket", "AccessDenied"}:
                return []
            raise

    def download_prefix(self, url: str, directory: Path) -> list[Path]:
        """Download each object under an S3Prefix, as a File-mode channel has them.

        Raises:
            SageMakerError: `ClientError` with the object that could not be read.
        """
        bucket, prefix = split_url(url)
        files = []
        for key in self.keys(url):
            if key.endswith("/"):
                continue
            target = directory / _relative(key, prefix)
            target.parent.mkdir(parents=True, exist_ok=True)
            self.download(f"s3://{bucket}/{key}", target)
            files.append(target)
        return files

    def download(self, url: str, target: Path) -> None:
        """Download one object.

        Raises:
            SageMakerError: `ClientError` with the object that could not be read.
        """
        bucket, key = split_url(url)
        try:
            # Not download_file, whose HEAD is refused without a word about the permission.
            body = self._client.get_object(Bucket=bucket, Key=key)["Body"]
            with body, target.open("wb") as file:
                shutil.copyfileobj(body, file, _COPY_BYTES)
        except (ClientError, BotoCoreError, OSError) as error:
            raise SageMakerError("ClientError", f"Failed to download {url}: {error}") from error

    def upload(self, source: Path, url: str) -> None:
        """Upload one file.

        Raises:
            SageMakerError: `ClientError` with the URL that could not be written.
        """
        bucket, key = split_url(url)
        try:
            with source.open("rb") as body:
                self._client.put_object(Bucket=bucket, Key=key, Body=body)
        except (ClientError, BotoCoreError, OSError) as error:
            raise SageMakerError("ClientError", f"Failed to upload to {url}: {error}") from error

    def put(self, url: str, content: bytes) -> None:
        """Write one object.

        Raises:
            SageMakerError: `ClientError` with the URL that could not be written.
        """
        bucket, key = split_url(url)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=content)
        except (ClientError, BotoCoreError) as error:
            raise SageMakerError("ClientError", f"Failed to upload to {url}: {error}") from error

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            yield from (row["Key"] for row in page.get("Contents", ()))

    @property
    def _client(self) -> Any:
        if self._cached is None:
            self._cached = self._new_client()
        return self._cached


def split_url(url: str) -> tuple[str, str]:
    """`s3://bucket/a/b` as `("bucket", "a/b")`.

    Raises:
        SageMakerError: `ClientError`, when this is no s3:// URL with a bucket.
    """
    try:
        address = S3Address.parse(url)
    except ValueError as error:
        raise SageMakerError("ClientError", f"{url!r} is not an s3://bucket/key URL.") from error
    return address.bucket, address.key


def _relative(key: str, prefix: str) -> str:
    """Where an object lands below its channel's directory, never outside it."""
    rest = PurePosixPath(key).name if key == prefix else key[len(prefix) :].lstrip("/")
    if not rest or ".." in PurePosixPath(rest).parts:
        raise SageMakerError("ClientError", f"The object key {key!r} cannot be a file name.")
    return rest
