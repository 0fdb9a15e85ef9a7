"""Raw reviews in S3: which objects there are, and how a worker gets at one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any

from data_prep.errors import DataPrepError
from data_prep.reading.kinds import KNOWN, is_data_file
from data_prep.reading.sources import SourceFile, is_test_file, is_validation_file
from tier_layout.s3_address import S3Address


@dataclass(frozen=True)
class SourceObject:
    """One object of a data set."""

    uri: S3Address
    size: int
    """Bytes."""
    is_test: bool = False
    """It is called `test`, and stands beside training files, as in `find_files`."""
    is_validation: bool = False
    """The same of a validation file."""

    @property
    def name(self) -> str:
        """As a file's."""
        return PurePosixPath(self.uri.key).name


def find_objects(s3: Any, uri: S3Address) -> list[SourceObject]:
    """The object, or all that lie directly in the folder and are called as data files are.

    Args:
        s3: boto3's client.
        uri: A key, or a prefix with or without the slash at its end.

    Raises:
        DataPrepError: there is none.
    """
    folder = uri.key.removesuffix("/") + "/" if uri.key else ""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=uri.bucket, Prefix=uri.key)
    found = []
    for page in pages:
        for entry in page.get("Contents", ()):
            key = entry["Key"]
            inside = key.startswith(folder) and "/" not in key[len(folder) :]
            if key == uri.key or inside:
                found.append(SourceObject(S3Address(uri.bucket, key), entry["Size"]))
    if named := [entry for entry in found if entry.uri == uri and not uri.key.endswith("/")]:
        return named
    known = [
        entry
        for entry in sorted(found, key=lambda entry: entry.uri.key)
        if is_data_file(entry.name)
    ]
    if not known:
        raise DataPrepError(
            f"there is no object of a known kind at {uri}: {KNOWN}. Check bucket and prefix"
        )
    named = [
        replace(
            entry,
            is_test=is_test_file(entry.name),
            is_validation=is_validation_file(entry.name),
        )
        for entry in known
    ]
    if all(entry.is_test or entry.is_validation for entry in named):
        raise DataPrepError(
            f"{uri} has only test or validation files; the training file is missing"
        )
    return named


@contextmanager
def as_local_file(s3: Any, entry: SourceObject) -> Iterator[SourceFile]:
    """The object as a file for as long as the block lasts."""
    with TemporaryDirectory() as folder:
        # Not by its own name, which may be anything that S3 takes.
        path = Path(folder, "object")
        s3.download_file(entry.uri.bucket, entry.uri.key, str(path))
        yield SourceFile(path, entry.is_test, entry.is_validation, address=str(entry.uri))
