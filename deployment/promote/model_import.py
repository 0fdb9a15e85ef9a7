"""A model that was trained elsewhere: its archive, and what it is evaluated on."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from data_prep.dataset.accept import Accept
from data_prep.dataset.training_files import KnownFile
from data_prep.upload import upload_file
from deployment.progress import step
from deployment.promote.object_copies import copy_object, head
from deployment.tier_stacks import TierStacks
from deployment.training_data import training_parameters
from lambdas.custom_resource.aws_errors import is_forbidden
from tier_layout.bucket import DATASETS_PREFIX, MODELS_PREFIX, TEST_FILE
from tier_layout.s3_address import S3Address

_GZIP = b"\x1f\x8b"
_NAME_LENGTH = 12
_IN_PLACE = re.compile(rf"{MODELS_PREFIX}/[^/]+/output/model\.tar\.gz")


class ImportedModelError(ValueError):
    """The model, or what it is to be evaluated on, cannot be used."""


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A model.tar.gz, in S3 or on this machine."""

    place: S3Address | KnownFile
    content_hash: str
    """Twelve characters that follow from its content."""

    @classmethod
    def find(cls, text: str) -> "Archive":
        """The archive that somebody means by `s3://…` or a path.

        Raises:
            ImportedModelError: there is none, or it is no archive.
        """
        if not text.startswith("s3://"):
            file = _known_archive(Path(text))
            return cls(place=file, content_hash=file.sha256[:_NAME_LENGTH])
        place = S3Address.parse(text)
        if not place.key:
            raise ImportedModelError(f"{text!r}: say s3://BUCKET/KEY of a model.tar.gz.")
        try:
            found = head(boto3.client("s3"), place)
        except ClientError as error:
            if is_forbidden(error):
                raise ImportedModelError(
                    f"{text} may not be read: it needs s3:GetObject (and s3:ListBucket, to tell "
                    "whether it is there) with the credentials of this command."
                ) from error
            raise
        if found is None or not found["ContentLength"]:
            raise ImportedModelError(f"There is no model {text}, or it is empty.")
        etag = str(found["ETag"]).strip('"')
        return cls(place=place, content_hash=etag[:_NAME_LENGTH])

    def bring(self, bucket: str) -> str:
        """Put it into a tier's bucket.

        Returns:
            Its `s3://` address there.

        Raises:
            CopyError: another object is in its place.
        """
        if isinstance(self.place, S3Address):
            own = self.place.bucket == bucket and _IN_PLACE.fullmatch(self.place.key)
            if own:
                # A former model of the tier itself: its name stays.
                return str(self.place)
        target = S3Address(
            bucket, f"{MODELS_PREFIX}/imported-{self.content_hash}/output/model.tar.gz"
        )
        s3: Any = boto3.client("s3")
        with step("Bring the model") as bringing:
            if isinstance(self.place, S3Address):
                copied = copy_object(s3, self.place, target, replace=False)
                state = "" if copied.sent else "already there, "
                bringing.result = f"{state}the same bytes by {copied.compared_by}"
            else:
                sent = upload_file(
                    s3,
                    self.place,
                    bucket=target.bucket,
                    key=target.key,
                    kind="application/gzip",
                    replace=False,
                )
                bringing.result = target.key if sent else "already there"
        return str(target)


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What an imported model is evaluated on: one of these or, without any, what the tier has."""

    tier: str
    """Which serves the model."""
    data: Path | None
    """A prepared dataset, which it was trained on, too."""
    test: str | None
    """A file of labelled lines, or the key of one in the tier's bucket."""
    accepted: frozenset[Accept] = frozenset()
    """What somebody accepts in `data` without a manifest."""

    def check(self) -> None:
        """Look, before anything happens, whether there is something to evaluate on.

        Raises:
            ImportedModelError: there is not.
        """
        if self.data is not None and self.test is not None:
            raise ImportedModelError("Say --data or --test, not both.")
        if self.data is not None and not self.data.is_dir():
            raise ImportedModelError(
                f"{self.data} is not a directory as `python -m data_prep prepare` writes it."
            )
        stacks = TierStacks(self.tier)
        if self.test is not None and not Path(self.test).is_file():
            bucket = stacks.outputs(stacks.training_job).get("DataBucketName")
            if not bucket or head(boto3.client("s3"), S3Address(bucket, self.test)) is None:
                where = f"in the bucket {bucket}" if bucket else f"as {self.tier} has no bucket yet"
                raise ImportedModelError(
                    f"There is no file {self.test}, and no object of that key {where}."
                )
        if self.data is None and self.test is None and not any(self._kept().values()):
            raise ImportedModelError(
                f"There is nothing to evaluate the model on, because {self.tier} is not deployed "
                "yet. Name prepared reviews (--data DIR; make: DATA=DIR) or a file of labelled "
                "lines (--test FILE; make: TEST=FILE)."
            )

    def bring(self, bucket: str) -> dict[str, str]:
        """Put it into the tier's bucket; returns the stack parameters that name it.

        Raises:
            data_prep.errors.DataPrepError: the dataset cannot be used.
            ImportedModelError: the test file cannot be used.
        """
        if self.data is not None:
            return training_parameters(self.data, bucket=bucket, accepted=self.accepted)
        if self.test is None:
            # On what the tier's last model was evaluated, which is not what this one learned from.
            return self._kept()
        key = self.test
        if Path(key).is_file():
            key = _bring_test_file(Path(key), bucket)
        return {"TestKey": key}

    def _kept(self) -> dict[str, str]:
        """What the tier's last model was evaluated on."""
        stacks = TierStacks(self.tier)
        deployed = stacks.parameters(stacks.machine_learning)
        return {name: deployed.get(name, "") for name in ("TestKey", "EvaluationKey")}


def _bring_test_file(path: Path, bucket: str) -> str:
    with path.open("rb") as file:
        if b"__label__" not in file.readline():
            raise ImportedModelError(
                f"The first line of {path} has no __label__. `python -m data_prep prepare` writes "
                "such files."
            )
    with step("Upload the evaluation data") as uploading:
        known = KnownFile.read(path)
        key = f"{DATASETS_PREFIX}/{known.sha256[:_NAME_LENGTH]}/{TEST_FILE}"
        sent = upload_file(boto3.client("s3"), known, bucket=bucket, key=key, replace=False)
        uploading.result = key if sent else "already there"
    return key


def _known_archive(path: Path) -> KnownFile:
    if not path.is_file():
        raise ImportedModelError(
            f"There is no file {path}. Say the path of a model.tar.gz, or s3://BUCKET/KEY."
        )
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            raise ImportedModelError(
                f"{path} is no gzip archive. SageMaker wants a model.tar.gz that holds model.bin: "
                "tar -czf model.tar.gz model.bin"
            )
    return KnownFile.read(path)
