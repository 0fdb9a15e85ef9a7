"""Collects rows, fits the calibration of the confidence on them, and says what it is worth."""

import random
from dataclasses import dataclass
from typing import Final

from lambdas import confidence
from lambdas.confidence import Calibration
from lambdas.evaluation.examples import Example
from lambdas.evaluation.model import Prediction
from lambdas.evaluation.reliability import Reliability

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
        # No secret: the same file must give the same sample.
        self._random = random.Random(0)  # noqa: S311
        self._rows: list[_Row] = []
        self._seen = 0

    def add(self, example: Example, prediction: Prediction) -> None:
        """Take one line, or leave it (Vitter's algorithm R)."""
        if not example.labels or not prediction:
            return
        self._seen += 1
        most = max(1, min(MOST_EXAMPLES, MOST_SCORES // len(prediction)))
        place = len(self._rows)
        if place >= most:
            place = self._random.randrange(self._seen)
            if place >= most:
                return
        predicted = prediction[0][1]
        row = _Row(
            scores={label: probability for probability, label in prediction},
            tokens=example.tokens,
            label=predicted if predicted in example.labels else example.labels[0],
        )
        self._rows[place : place + 1] = [row]

    def fit(self) -> Fitted:
        """Fit on all rows; measure each half of them with what the other half gives."""
        # Not every second row: in many files the labels take turns.
        self._random.shuffle(self._rows)
        middle = len(self._rows) // 2
        halves = self._rows[:middle], self._rows[middle:]
        reliability = Reliability()
        for measured, taught in (halves, halves[::-1]):
            calibration = _fit(taught)
            for row in measured:
                _add(reliability, row, calibration)
        return Fitted(settings=_fit(self._rows).to_json(), reliability=reliability)


def _fit(rows: list[_Row]) -> Calibration:
    return confidence.fit(row.example for row in rows)


def _add(reliability: Reliability, row: _Row, calibration: Calibration) -> None:
    predicted = next(iter(row.scores))
    scores = confidence.calibrated(row.scores, tokens=row.tokens, calibration=calibration)
    reliability.add(scores[predicted], right=predicted == row.label)
