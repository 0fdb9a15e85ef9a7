"""The report as one HTML page that needs nothing but itself: what its plots and tables show."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import report_page
from lambdas.evaluation.metrics import wilson_interval
from lambdas.evaluation.report import ReliabilityReport, Report

LARGEST_MATRIX: Final = 10
"""Labels in the plot of the confusion matrix: more would not be legible."""
PLOT: Final = 300
"""Width and height of a reliability diagram's axes."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One field of the confusion matrix."""

    rows: int
    share: float
    """Of the rows that have the field's label."""
    right: bool


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The confusion matrix of the most frequent labels."""

    labels: list[str]
    cells: list[list[Cell]]
    """By label, then by predicted label."""
    left_out: int
    """Labels that it does not show."""


@dataclass(frozen=True, kw_only=True)
class Length:
    """The rows of some length."""

    name: str
    rows: int
    accuracy: float
    interval: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """A reliability diagram; coordinates have their origin in the upper left."""

    name: str
    report: ReliabilityReport
    bars: list[tuple[float, float, float]]
    """Left edge, height and share of the rows, of every bin that has rows."""


def render(report: Report) -> str:
    """The page as text; the same report gives the same text."""
    diagrams = [_diagram("as the model says it", report["reliability"])]
    if report["calibrated"]:
        diagrams.append(_diagram("calibrated", report["calibrated"]))
    return report_page.render(
        Path(__file__).parent,
        report=report,
        matrix=_matrix(report),
        lengths=_lengths(report),
        diagrams=diagrams,
        plot=PLOT,
    )


def _matrix(report: Report) -> Matrix:
    rows: Counter[str] = Counter()
    occurrences: Counter[str] = Counter()
    for label, predicted, count in report["confusion"]:
        rows[label] += count
        occurrences[label] += count
        occurrences[predicted] += count
    counts = {(label, predicted): count for label, predicted, count in report["confusion"]}
    shown = sorted(label for label, _ in occurrences.most_common(LARGEST_MATRIX))
    return Matrix(
        labels=shown,
        cells=[
            [
                Cell(
                    rows=counts.get((label, predicted), 0),
                    share=counts.get((label, predicted), 0) / max(rows[label], 1),
                    right=label == predicted,
                )
                for predicted in shown
            ]
            for label in shown
        ],
        left_out=len(occurrences) - len(shown),
    )


def _lengths(report: Report) -> list[Length]:
    bins = report["by_length"]
    ends = [following["from"] - 1 for following in bins[1:]]
    return [
        Length(
            name=f"{this['from']} to {end}" if end is not None else f"{this['from']} or more",
            rows=this["rows"],
            accuracy=this["right"] / this["rows"],
            interval=wilson_interval(this["right"], this["rows"]),
        )
        for this, end in zip(bins, [*ends, None], strict=True)
        if this["rows"]
    ]


def _diagram(name: str, report: ReliabilityReport) -> Diagram:
    return Diagram(
        name=name,
        report=report,
        bars=[
            (PLOT * part["low"], PLOT * part["accuracy"], part["rows"] / report["rows"])
            for part in report["bins"]
            if part["rows"]
        ],
    )
