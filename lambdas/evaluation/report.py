"""The report on one evaluation, as a JSON document."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypedDict

from lambdas.confidence.reliability import Reliability
from lambdas.evaluation.evaluate import Evaluated
from lambdas.evaluation.inputs import EVALUATOR_VERSION, Inputs
from lambdas.evaluation.metrics import NO_ANSWER, Metrics, wilson_interval
from lambdas.evaluation.properties import EvaluationProperties

FORMAT: Final = 1
"""Of the document; readers take no other."""


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
    seconds: float
    rows_per_second: float


def make_report(
    properties: EvaluationProperties,
    inputs: Inputs,
    evaluated: Evaluated,
    *,
    known_labels: Iterable[str],
    calibrated: Reliability | None = None,
    calibration: str = "",
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
        seconds=round(evaluated.seconds, 3),
        rows_per_second=round(metrics.rows / max(evaluated.seconds, 1e-3)),
    )


def is_report(document: Any) -> bool:
    """Whether a document from the bucket is a report that this program can read."""
    return (
        isinstance(document, Mapping)
        and document.get("format") == FORMAT
        and Report.__required_keys__ <= document.keys()
    )


def _unknown_labels(metrics: Metrics, known: frozenset[str]) -> dict[str, int]:
    rows: Counter[str] = Counter()
    for (label, _), count in metrics.confusion.items():
        if label not in known and label != NO_ANSWER:
            rows[label] += count
    return dict(sorted(rows.items()))


def _reliability_report(reliability: Reliability) -> ReliabilityReport:
    bins = reliability.bins
    return ReliabilityReport(
        expected_calibration_error=reliability.expected_calibration_error,
        rows=sum(part.rows for part in bins),
        bins=[asdict(part) for part in bins],
    )
