"""Collects rows, fits the calibration of the confidence on them, and says what it is worth."""

import random
from dataclasses import dataclass
from typing import Final

from lambdas import confidence
from lambdas.confidence import Calibration
from lambdas.confidence.reliability import Reliability
from lambdas.confidence.sampling import Reservoir
from lambdas.evaluation.examples import Example
from lambdas.evaluation.model import Prediction

MOST_EXAMPLES: Final = 32_768
"""Rows that are kept: as many as a fit looks at."""
MOST_SCORES: Final = 1_000_000
"""Probabilities that are kept, which bounds the memory of a model with many labels: 50 MB."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    scores: dict[str, float]
    tokens: int
    label: str
    """The right one; one that the model does not know is in no score."""

    @property
    def example(self) -> confidence.Example:
        return confidence.Example(scores=self.scores, tokens=self.tokens, label=self.label)


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A calibration, and what it is worth."""

    settings: str
    """As the API reads it."""
    reliability: Reliability
    """Of calibrated confidences, on rows that the calibration was not fitted on."""


class CalibrationSample:
    """As many rows as a fit needs, each as likely to be kept as any other."""

    def __init__(self) -> None:
        self._rows = Reservoir[_Row]()

    def add(self, example: Example, prediction: Prediction) -> None:
        """Take one line, or leave it."""
        if not example.labels or not prediction:
            return
        predicted = prediction[0][1]
        row = _Row(
            scores={label: probability for probability, label in prediction},
            tokens=example.tokens,
            label=predicted if predicted in example.labels else example.labels[0],
        )
        self._rows.add(row, most=max(1, min(MOST_EXAMPLES, MOST_SCORES // len(prediction))))

    def fit(self) -> Fitted:
        """Fit on all rows; measure each half of them with what the other half gives."""
        rows = list(self._rows.kept)
        # Not every second row: in many files the labels take turns.
        random.Random(0).shuffle(rows)  # noqa: S311 - no secret: the same halves each time
        middle = len(rows) // 2
        halves = rows[:middle], rows[middle:]
        reliability = Reliability()
        for measured, taught in (halves, halves[::-1]):
            calibration = _fit(taught)
            for row in measured:
                _add(reliability, row, calibration)
        return Fitted(settings=_fit(rows).to_json(), reliability=reliability)


def _fit(rows: list[_Row]) -> Calibration:
    return confidence.fit(row.example for row in rows)


def _add(reliability: Reliability, row: _Row, calibration: Calibration) -> None:
    predicted = next(iter(row.scores))
    scores = confidence.calibrated(row.scores, tokens=row.tokens, calibration=calibration)
    reliability.add(scores[predicted], right=predicted == row.label)
