"""Whether a model with the training data's labels can be evaluated and served."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_transient
from lambdas.custom_resource.messages import shown
from lambdas.training_job.aws_api import S3
from lambdas.training_job.data_sample import Sample
from lambdas.training_job.messages import Problem
from lambdas.training_job.training_data import DataFile
from tier_layout.bucket import TRAIN_FILE, manifest_key
from tier_layout.labels import UNSURE
from tier_layout.manifest import LARGEST_MANIFEST_BYTES, ManifestError, parse_manifest

_MOST_SHOWN: Final = 3


@dataclass(frozen=True, kw_only=True)
class TrainingLabels:
    """The labels that the model will know."""

    names: frozenset[str]
    complete: bool
    """Whether these are all of them. A sample may lack the rare ones."""


def training_labels(train: DataFile, sample: Sample, s3: S3) -> TrainingLabels:
    """Return the labels that the manifest beside the training file names, or those of the sample.

    A manifest that does not name the labels of the sample belongs to another file.

    Raises:
        ClientError, BotoCoreError: S3 did not give the manifest, and may do so later.
    """
    described = _labels_of_manifest(train, s3)
    if described is None or not sample.labels <= described:
        return TrainingLabels(names=sample.labels, complete=False)
    return TrainingLabels(names=described, complete=True)


def reserved_label_problems(train: DataFile, labels: TrainingLabels) -> Iterator[Problem]:
    """Find a label that is the API's own word."""
    if UNSURE in labels.names:
        yield Problem(
            what=f"{train} has the label {shown(UNSURE)}, which is the API's own word for a text "
            "that it will not guess about",
            remedy=f"Map the label to another word (`--map {UNSURE}=...`), and prepare the data "
            "again.",
        )


def foreign_label_problems(
    evaluated: str, seen: frozenset[str], labels: TrainingLabels, remedy: str
) -> Iterator[Problem]:
    """Find labels that no answer of the model can be.

    Args:
        evaluated: what a message calls the evaluation file.
        seen: labels of its sample.
        labels: those of the training data.
        remedy: what to do.
    """
    foreign = seen - labels.names
    # Where a sample is all that is known, only labels without anything in common are sure to be
    # others: one that is rare in training may just not have been seen. And a sample with a single
    # label says nothing: the file may be sorted by label.
    several = min(len(seen), len(labels.names)) > 1
    sure = labels.complete or (several and seen.isdisjoint(labels.names))
    if foreign and labels.names and sure:
        yield Problem(
            what=f"{evaluated} has {_listing(foreign)}, and the training data has "
            f"{_listing(labels.names)}: a model cannot answer with a label that it was not "
            "trained on",
            remedy=remedy,
        )


def _labels_of_manifest(train: DataFile, s3: S3) -> frozenset[str] | None:
    if train.key.rpartition("/")[2] != TRAIN_FILE:
        return None  # a manifest beside it describes another file
    try:
        response = s3.get_object(
            Bucket=train.bucket,
            Key=manifest_key(train.key),
            Range=f"bytes=0-{LARGEST_MANIFEST_BYTES - 1}",
        )
        return frozenset(parse_manifest(response["Body"].read()).labels["train"])
    except ClientError as error:
        if is_transient(error):
            raise
        return None  # there is none, or it is not for us to read: it is not needed to train
    except (ManifestError, KeyError):
        return None


def _listing(labels: Collection[str]) -> str:
    named = ", ".join(shown(label) for label in sorted(labels)[:_MOST_SHOWN])
    more = len(labels) - _MOST_SHOWN
    noun = "the label" if len(labels) == 1 else "the labels"
    return f"{noun} {named}" + (f" and {more} more" if more > 0 else "")
