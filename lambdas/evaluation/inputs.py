"""What an evaluation depends on: up to four objects, and this program's version."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import READ_PERMISSIONS, is_forbidden, is_missing_object
from lambdas.custom_resource.messages import shown
from lambdas.evaluation.aws_api import S3
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.properties import EvaluationProperties
from tier_layout.s3_address import S3Address

EVALUATOR_VERSION: Final = "5"
"""Raised with every change of what is measured: reports of former versions are made anew. The stack
sends it, so that CloudFormation asks for a new one."""

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

    @property
    def content(self) -> tuple[str, int]:
        """What two objects with the same bytes share."""
        return self.etag, self.size


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """Everything that an evaluation's figures follow from."""

    model: StoredObject
    data: StoredObject
    calibrate: bool
    training: StoredObject | None = None
    """What the model was trained on; None when that is not known, or gone."""
    validation: StoredObject | None = None
    """What early stopping and tuning looked at; None when that is not known, or gone."""

    @property
    def is_optimistic(self) -> bool:
        """Whether the model was chosen by the very texts that it is evaluated on."""
        return self.validation is not None and self.validation.content == self.data.content

    @property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits, the same for the same contents under any key."""
        parts = {
            "model": self.model.content,
            "data": self.data.content,
            "evaluator": EVALUATOR_VERSION,
            "calibrate": self.calibrate,
            "training": self.training.content if self.training else None,
            "validation": self.validation.content if self.validation else None,
        }
        canonical = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_LENGTH]


def find_inputs(properties: EvaluationProperties, s3: S3) -> Inputs:
    """Look up the objects without reading them.

    Raises:
        MissingInputError: names the model and the evaluation file where they do not exist.
        EvaluationError: an object may not be read, or one of these two is empty.
    """
    found: list[StoredObject] = []
    missing: list[str] = []
    bucket = properties.bucket_name
    for what, address in (
        ("model", properties.model),
        ("evaluation file", S3Address(bucket, properties.evaluation_key)),
    ):
        stored = _look_up(s3, what, address)
        if stored is None:
            missing.append(
                f"no object {shown(address.key)} in the bucket {address.bucket} ({what})"
            )
            continue
        if stored.size == 0:
            raise EvaluationError(
                f"The {what} {shown(address.key)} in the bucket {address.bucket} is empty.",
                after="Upload it anew under another key, and deploy again.",
            )
        found.append(stored)
    if missing:
        raise MissingInputError(
            "What is to be evaluated is not there:",
            detail="; ".join(missing) + ".",
            after="`python -m data_prep upload` puts the evaluation file into the bucket; a "
            "model comes from a training job. Then deploy again.",
        )
    model, data = found
    # Not missed when they are gone: a promoted model may have come without its data.
    training, validation = (
        _look_up(s3, what, S3Address(bucket, key)) if key else None
        for what, key in (
            ("training file", properties.train_key),
            ("validation file", properties.validation_key),
        )
    )
    return Inputs(
        model=model,
        data=data,
        calibrate=properties.calibrate,
        training=training,
        validation=validation,
    )


def _look_up(s3: S3, what: str, address: S3Address) -> StoredObject | None:
    try:
        head = s3.head_object(Bucket=address.bucket, Key=address.key)
    except ClientError as error:
        if is_missing_object(error):
            return None
        if is_forbidden(error):
            raise EvaluationError(
                f"The {what} {shown(address.key)} in the bucket {address.bucket} may not be read.",
                after=f"Grant {READ_PERMISSIONS} to the evaluation's function, and deploy again.",
            ) from error
        raise
    return StoredObject(
        bucket=address.bucket,
        key=address.key,
        etag=str(head["ETag"]).strip('"'),
        size=int(head["ContentLength"]),
    )
