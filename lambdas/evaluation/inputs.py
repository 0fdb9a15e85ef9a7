"""What an evaluation depends on: two objects, and this program's version."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_forbidden, is_missing_object
from lambdas.custom_resource.messages import shown
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.properties import EvaluationProperties

EVALUATOR_VERSION: Final = "1"
"""Raised with every change of what is measured: reports of former versions are made anew."""

_HASH_LENGTH: Final = 12


class MissingInputError(EvaluationError):
    """The model or the evaluation file is not there."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One version of an S3 object."""

    bucket: str
    key: str
    etag: str
    """S3's, without its quotes."""
    size: int
    """Bytes."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything that an evaluation's figures follow from."""

    model: StoredObject
    data: StoredObject
    calibrate: bool

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, the same for the same contents under any key."""
        parts = {
            "model": [self.model.etag, self.model.size],
            "data": [self.data.etag, self.data.size],
            "evaluator": EVALUATOR_VERSION,
            "calibrate": self.calibrate,
        }
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_LENGTH]


def find_inputs(properties: EvaluationProperties, s3: S3) -> Inputs:
    """Look up both objects without reading them.

    Raises:
        MissingInputError: names every object that does not exist.
        EvaluationError: one of them may not be read, or is empty.
    """
    found: list[StoredObject] = []
    missing: list[str] = []
    for what, bucket, key in (
        ("model", properties.model.bucket, properties.model.key),
        ("evaluation file", properties.bucket_name, properties.evaluation_key),
    ):
        try:
            head = s3.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing_object(error):
                missing.append(f"no object {shown(key)} in the bucket {bucket} ({what})")
                continue
            if is_forbidden(error):
                raise EvaluationError(
                    f"The {what} {shown(key)} in the bucket {bucket} may not be read.",
                    after="Grant s3:GetObject on it to the evaluation's function, and deploy "
                    "again.",
                ) from error
            raise
        etag, size = str(head["ETag"]).strip('"'), int(head["ContentLength"])
        if size == 0:
            raise EvaluationError(
                f"The {what} {shown(key)} in the bucket {bucket} is empty.",
                after="Upload it anew under another key, and deploy again.",
            )
        found.append(StoredObject(bucket=bucket, key=key, etag=etag, size=size))
    if missing:
        raise MissingInputError(
            "What is to be evaluated is not there:",
            detail="; ".join(missing) + ".",
            after="`python -m data_prep upload` puts the evaluation file into the bucket; a "
            "model comes from a training job. Then deploy again.",
        )
    model, data = found
    return Inputs(model=model, data=data, calibrate=properties.calibrate)
