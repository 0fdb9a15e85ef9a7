"""The report on one evaluation, as a JSON document."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypedDict

from lambdas.confidence.reliability import Reliability
from lambdas.evaluation.evaluate import Evaluated
from lambdas.evaluation.inputs import EVALUATOR_VERSION, Inputs, StoredObject
from lambdas.evaluation.metrics import NO_ANSWER, Metrics, wilson_interval
from lambdas.evaluation.overlap import Overlap
from lambdas.evaluation.properties import EvaluationProperties
from tier_layout.fingerprint import Fingerprint

FORMAT: Final = 1
"""Of the document; readers take no other. It stays when a field is added that readers may leave
aside."""


class Normaliser(TypedDict):
    """The version of the text normaliser that a model was trained with."""

    version: str
    """"" while nobody has said one."""
    known: bool
    """Whether the training data's manifest says so. Otherwise it is the version that the API spoke
    when the model was first evaluated."""


class ReliabilityReport(TypedDict):
    """A reliability diagram."""

    expected_calibration_error: float
    rows: int
    bins: list[dict[str, Any]]
    """As `reliability.Bin`."""


class Report(TypedDict):
    """Everything that is known; numbers are shares (0 to 1) or counts."""

    format: int
    evaluator: str
    fingerprint: str
    job: str
    model: dict[str, Any]
    """`url`, `etag`, `bytes`."""
    data: dict[str, Any]
    """`bucket`, `key`, `etag`, `bytes`."""
    training: dict[str, Any] | None
    """The training file's `key`, `etag`, `bytes`; None when it is not known, or was gone."""
    overlap: dict[str, Any] | None
    """As `overlap.Overlap`; None without a training file, or when there was no time to read it."""
    validation: dict[str, Any] | None
    """The same of the file that early stopping and tuning looked at."""
    validation_overlap: dict[str, Any] | None
    """As `overlap`, with that file; None, too, where it is the evaluation file itself."""
    optimistic: bool
    """Whether it is: the model was chosen by the very texts that it is evaluated on."""
    normaliser: Normaliser
    model_fingerprint: dict[str, Any] | None
    """By which the API recognises the model, as tier_layout/fingerprint.py writes it; None in a
    report that was made before there was any, and for a model of too many labels."""
    vocabulary: str
    """The key of the model's words in the data bucket; "" where it has none."""
    rows: int
    right: int
    unlabelled: int
    unknown_labels: dict[str, int]
    """Rows by a label that the model has not."""
    accuracy: float
    interval: tuple[float, float]
    macro_f1: float
    labels: list[dict[str, Any]]
    """As `metrics.LabelMetrics`."""
    confusion: list[tuple[str, str, int]]
    """Label, predicted label, rows; pairs that do not occur are left out."""
    by_length: list[dict[str, Any]]
    """`from` (words), `rows`, `right`."""
    mistakes: list[dict[str, Any]]
    """As `metrics.Mistake`."""
    reliability: ReliabilityReport
    calibrated: ReliabilityReport | None
    """With the calibrated confidence, each half of the rows by what the other half taught."""
    calibrate: bool
    """Whether a calibration was asked for."""
    calibration: str
    """What the API applies, as lambdas/confidence writes it; "" when off."""
    comparison: list[dict[str, Any]]
    """Rows that an endpoint may be asked about: `line`, `text` (as the model reads it), `scores`
    and `without_line_break` (label → probability, of the likeliest labels). None in a report that
    was made before there were any."""
    seconds: float
    rows_per_second: float


_NOT_YET: Final[Mapping[str, Any]] = {
    "training": None,
    "overlap": None,
    "validation": None,
    "validation_overlap": None,
    "optimistic": False,
    "normaliser": Normaliser(version="", known=False),
    "model_fingerprint": None,
    "vocabulary": "",
    "comparison": [],
}
"""What reports of former versions of this program do not have, and say nothing about."""


def make_report(
    properties: EvaluationProperties,
    inputs: Inputs,
    evaluated: Evaluated,
    *,
    known_labels: Iterable[str],
    calibrated: Reliability | None = None,
    calibration: str = "",
    overlap: Overlap | None = None,
    validation_overlap: Overlap | None = None,
    comparison: Iterable[Mapping[str, Any]] = (),
    model_fingerprint: Fingerprint | None = None,
    vocabulary: str = "",
) -> Report:
    """Put an evaluation's figures together."""
    metrics = evaluated.metrics
    return Report(
        format=FORMAT,
        evaluator=EVALUATOR_VERSION,
        fingerprint=inputs.fingerprint,
        job=properties.training_job_name,
        model={
            "url": properties.model_data_url,
            "etag": inputs.model.etag,
            "bytes": inputs.model.size,
        },
        data={
            "bucket": inputs.data.bucket,
            "key": inputs.data.key,
            "etag": inputs.data.etag,
            "bytes": inputs.data.size,
        },
        training=_file_report(inputs.training),
        overlap=asdict(overlap) if overlap else None,
        validation=_file_report(inputs.validation),
        validation_overlap=asdict(validation_overlap) if validation_overlap else None,
        optimistic=inputs.is_optimistic,
        normaliser=Normaliser(version="", known=False),
        model_fingerprint=model_fingerprint.as_json() if model_fingerprint else None,
        vocabulary=vocabulary,
        rows=metrics.rows,
        right=metrics.right,
        unlabelled=metrics.unlabelled,
        unknown_labels=_unknown_labels(metrics, frozenset(known_labels)),
        accuracy=metrics.accuracy,
        interval=wilson_interval(metrics.right, metrics.rows),
        macro_f1=metrics.macro_f1,
        labels=[asdict(label) for label in metrics.labels],
        confusion=sorted((*pair, rows) for pair, rows in metrics.confusion.items()),
        by_length=[
            {"from": start, "rows": rows, "right": right}
            for start, rows, right in metrics.by_length
        ],
        mistakes=[asdict(mistake) for mistake in metrics.mistakes],
        reliability=_reliability_report(metrics.reliability),
        calibrated=_reliability_report(calibrated) if calibrated else None,
        calibrate=inputs.calibrate,
        calibration=calibration,
        comparison=[dict(row) for row in comparison],
        seconds=round(evaluated.seconds, 3),
        rows_per_second=round(metrics.rows / max(evaluated.seconds, 1e-3)),
    )


def read_report(content: bytes) -> Report | None:
    """The report that a document from the bucket is, of this or a former version of this program.

    None when it is something else.
    """
    try:
        document: Any = json.loads(content)
    except ValueError:
        return None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    document = {**_NOT_YET, **document}
    if not Report.__required_keys__ <= document.keys():
        return None
    report: Report = document
    return report


def _unknown_labels(metrics: Metrics, known: frozenset[str]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    for (label, _), count in metrics.confusion.items():
        if label not in known and label != NO_ANSWER:
            rows[label] += count
    return dict(sorted(rows.items()))


def _file_report(stored: StoredObject | None) -> dict[str, Any] | None:
    return {"key": stored.key, "etag": stored.etag, "bytes": stored.size} if stored else None


def _reliability_report(reliability: Reliability) -> ReliabilityReport:
    bins = reliability.bins
    return ReliabilityReport(
        expected_calibration_error=reliability.expected_calibration_error,
        rows=sum(part.rows for part in bins),
        bins=[asdict(part) for part in bins],
    )
