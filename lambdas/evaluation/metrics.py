"""Counts how often a model is right, row by row; memory does not grow with the rows."""

import heapq
import math
from collections import Counter
from dataclasses import dataclass
from typing import Final

from lambdas.confidence.reliability import Reliability
from lambdas.evaluation.examples import Example
from lambdas.evaluation.model import Prediction

MISTAKES: Final = 20
LONGEST_EXTRACT: Final = 600
"""Characters of a mistake's text that the report keeps."""

LENGTHS: Final = (0, 5, 10, 20, 50, 100, 200, 400)
"""Where the bins by length begin, in words."""

NO_ANSWER: Final = "(no answer)"
"""Stands for the label of a line for which the model has none; no label has a space."""
_95_PERCENT: Final = 1.959964
"""Standard normal quantile of 97.5 %."""


@dataclass(frozen=True, kw_only=True)
class LabelMetrics:
    """How well one label is found."""

    label: str
    precision: float
    """Of the rows that got this label, the share that has it; 0 when none got it."""
    recall: float
    """Of the rows that have this label, the share that got it; 0 when none has it."""
    f1: float
    """The harmonic mean of both."""
    support: int
    """Rows that have this label."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """A row that the model got wrong."""

    line: int
    label: str
    predicted: str
    confidence: float
    text: str
    """Its first 600 characters."""


class Metrics:
    """Adds up one row after the other.

    A row with several labels is right when the model's likeliest label is one of them, as
    in fastText's `test` (precision at one), and counts under that label then, otherwise
    under its first. A row whose labels the model does not know is wrong, where fastText's
    `test` leaves it out.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.right = 0
        self.unlabelled = 0
        """Lines without a label, which are not rows."""
        self.confusion: Counter[tuple[str, str]] = Counter()
        """Rows by their label and the predicted one."""
        self.reliability = Reliability()
        self._lengths = [[0, 0] for _ in LENGTHS]
        self._mistakes: list[tuple[float, int, Mistake]] = []

    def add(self, example: Example, prediction: Prediction) -> None:
        """Count one line; `prediction` has the likeliest label first."""
        if not example.labels:
            self.unlabelled += 1
            return
        confidence, predicted = prediction[0] if prediction else (0.0, NO_ANSWER)
        right = predicted in example.labels
        label = predicted if right else example.labels[0]
        self.rows += 1
        self.right += right
        self.confusion[label, predicted] += 1
        self.reliability.add(confidence, right=right)
        length = self._lengths[_length_bin(example.tokens)]
        length[0] += 1
        length[1] += right
        if not right:
            self._keep(example, label, predicted, confidence)

    @property
    def accuracy(self) -> float:
        """Share of the rows that are right; 0 without rows."""
        return self.right / self.rows if self.rows else 0.0

    @property
    def labels(self) -> list[LabelMetrics]:
        """Every label that a row has or got, by name."""
        support: Counter[str] = Counter()
        predicted: Counter[str] = Counter()
        for (label, prediction), count in self.confusion.items():
            support[label] += count
            predicted[prediction] += count
        return [
            _label_metrics(name, self.confusion[name, name], support[name], predicted[name])
            for name in sorted((support.keys() | predicted.keys()) - {NO_ANSWER})
        ]

    @property
    def macro_f1(self) -> float:
        """The mean of the labels' F1, each label counting the same."""
        labels = self.labels
        return math.fsum(label.f1 for label in labels) / len(labels) if labels else 0.0

    @property
    def by_length(self) -> list[tuple[int, int, int]]:
        """Bins in words: where each begins, its rows, and how many of them are right."""
        return [
            (start, rows, right)
            for start, (rows, right) in zip(LENGTHS, self._lengths, strict=True)
        ]

    @property
    def mistakes(self) -> list[Mistake]:
        """The most confident ones first; of equal ones, the earlier."""
        return [mistake for _, _, mistake in sorted(self._mistakes, reverse=True)]

    def _keep(self, example: Example, label: str, predicted: str, confidence: float) -> None:
        # The line's number comes before the mistake, so that mistakes are never compared.
        rank = (confidence, -example.number)
        if len(self._mistakes) == MISTAKES and rank < self._mistakes[0][:2]:
            return
        mistake = Mistake(
            line=example.number,
            label=label,
            predicted=predicted,
            confidence=confidence,
            text=_extract(example.text),
        )
        if len(self._mistakes) < MISTAKES:
            heapq.heappush(self._mistakes, (*rank, mistake))
        else:
            heapq.heapreplace(self._mistakes, (*rank, mistake))


def wilson_interval(right: int, rows: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson 1927), which stays within 0 to 1."""
    if rows == 0:
        return 0.0, 1.0
    share, square = right / rows, _95_PERCENT**2
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    spread = (
        _95_PERCENT
        * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
        / (1 + square / rows)
    )
    return max(0.0, centre - spread), min(1.0, centre + spread)


def _label_metrics(name: str, right: int, support: int, predicted: int) -> LabelMetrics:
    return LabelMetrics(
        label=name,
        precision=right / predicted if predicted else 0.0,
        recall=right / support if support else 0.0,
        f1=2 * right / (support + predicted),
        support=support,
    )


def _length_bin(tokens: int) -> int:
    return next(index for index in range(len(LENGTHS) - 1, -1, -1) if tokens >= LENGTHS[index])


def _extract(text: str) -> str:
    return text if len(text) <= LONGEST_EXTRACT else text[:LONGEST_EXTRACT] + " …"
