"""The evaluation's properties, as CloudFormation sends them and as values.

A rollback brings the properties of a former version of the stack: those which came later may be
missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from lambdas.custom_resource.property_reader import PropertyReader
from lambdas.evaluation.errors import EvaluationError
from tier_layout.bucket import EVALUATIONS_PREFIX, VOCABULARIES_PREFIX
from tier_layout.s3_address import S3Address

VERSION: Final = r"[A-Za-z0-9._-]{1,40}"
"""A version of the text normaliser; today twelve hexadecimal digits."""

_KEY: Final = r"[^\n]{1,1024}"


@dataclass(frozen=True, kw_only=True)
class EvaluationProperties:
    """What one version of the stack asks for. Build it with `parse`."""

    model_data_url: str
    """`s3://bucket/key` of a model.tar.gz."""
    training_job_name: str
    """Whose model it is; names the report."""
    bucket_name: str
    """Holds the evaluation file, and gets the report."""
    evaluation_key: str
    """A file of labelled lines, as BlazingText reads them."""
    minimum_accuracy: float
    """The gate, 0 to 1."""
    minimum_macro_f1: float
    """The gate on the mean of the labels' F1, 0 to 1; 0 switches it off."""
    calibrate: bool
    """Whether a calibration of the model's confidence is fitted, too."""
    train_key: str = ""
    """The file in the same bucket that the model was trained on; "" for one trained elsewhere."""
    validation_key: str = ""
    """The file in the same bucket that early stopping and tuning looked at while the model was
    trained, which may be the evaluation file; "" for a model that was trained elsewhere."""
    accept_overlap: str = ""
    """The training file that may share its texts with the evaluation file, or "". Its key and not a
    switch, so that the consent ends with the data that it was given for."""
    normaliser_versions: tuple[str, ...] = ()
    """What the API can speak, the current one first; empty when nobody says."""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """Read the ResourceProperties of an event.

        Raises:
            EvaluationError: lists every problem with them.
        """
        reader = PropertyReader(given)
        properties = cls(
            model_data_url=reader.text(
                "ModelDataUrl", r"s3://[a-z0-9.-]{3,63}/[^\n]{1,1024}", "an s3:// URI of an object"
            ),
            training_job_name=reader.text(
                "TrainingJobName", r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", "a training job's name"
            ),
            bucket_name=reader.text("BucketName", r"[a-z0-9.-]{3,63}", "the name of an S3 bucket"),
            evaluation_key=reader.text("EvaluationKey", _KEY, "an S3 object key"),
            minimum_accuracy=reader.fraction("MinimumAccuracy"),
            minimum_macro_f1=reader.fraction("MinimumMacroF1"),
            calibrate=reader.switch("Calibrate"),
            train_key=_optional(reader, "TrainKey", _KEY, "an S3 object key"),
            validation_key=_optional(reader, "ValidationKey", _KEY, "an S3 object key")
            if reader.given.get("TrainKey")
            else "",
            accept_overlap=_optional(reader, "AcceptOverlap", _KEY, "an S3 object key"),
            normaliser_versions=_versions(reader),
        )
        if reader.problems:
            raise EvaluationError(
                "The evaluation's properties are not valid:",
                detail="; ".join(reader.problems) + ".",
                after="Correct the stack's parameters and deploy again.",
            )
        return properties

    @property
    def model(self) -> S3Address:
        """The model's archive."""
        return S3Address.parse(self.model_data_url)

    @property
    def accepts_overlap(self) -> bool:
        """Whether the consent is for this very training file."""
        return bool(self.train_key) and self.accept_overlap == self.train_key

    @property
    def current_normaliser(self) -> str:
        """The version that the API speaks of itself; "" when nobody says."""
        return self.normaliser_versions[0] if self.normaliser_versions else ""

    def vocabulary_key(self, fingerprint: str) -> str:
        """Of the words of this job's model, as one evaluation found them."""
        return f"{VOCABULARIES_PREFIX}/{self.training_job_name}/{fingerprint}.bin"

    @property
    def folder(self) -> str:
        """Where the reports on this job's model are."""
        return f"{EVALUATIONS_PREFIX}/{self.training_job_name}"


def _optional(reader: PropertyReader, name: str, pattern: str, expected: str) -> str:
    if reader.given.get(name, "") == "":
        return ""
    return reader.text(name, pattern, expected)


def _versions(reader: PropertyReader) -> tuple[str, ...]:
    listed = _optional(
        reader,
        "NormaliserVersions",
        f"{VERSION}(,{VERSION})*",
        "versions of the text normaliser, with commas between them",
    )
    return tuple(listed.split(",")) if listed else ()
