"""Runs a model over an evaluation file, in the time that a Lambda has."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.examples import Example
from lambdas.evaluation.metrics import Metrics
from lambdas.evaluation.model import Model, Prediction

ROWS_BETWEEN_LOOKS: Final = 256
"""Rows between two looks at the clock: some hundredths of a second."""
SECONDS_BETWEEN_REPORTS: Final = 5.0

logger = logging.getLogger(__name__)


class Collector(Protocol):
    """Somebody else who wants to see every row, such as the calibration."""

    def add(self, example: Example, prediction: Prediction) -> None:
        """Take one line and what the model says of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What came of it."""

    metrics: Metrics
    seconds: float
    """For reading and predicting."""


def evaluate(
    model: Model,
    examples: Iterable[Example],
    *,
    name: str,
    size: int,
    deadline: Deadline,
    collectors: Iterable[Collector] = (),
) -> Evaluated:
    """Predict every line, and count.

    Args:
        model: The trained model.
        examples: The lines; read once, and none is kept.
        name: What messages call the file.
        size: Of the file, in bytes.
        deadline: When to give up.
        collectors: Get every line, too.

    Raises:
        EvaluationError: the time does not suffice, or no line has a label.
    """
    metrics = Metrics()
    everyone: tuple[Collector, ...] = (metrics, *collectors)
    start = last_report = deadline.elapsed_seconds
    lines = read = 0
    for example in examples:
        prediction = model.predict(example.line) if example.labels else []
        for collector in everyone:
            collector.add(example, prediction)
        lines += 1
        read += len(example.line)
        if lines % ROWS_BETWEEN_LOOKS:
            continue
        now = deadline.elapsed_seconds
        if deadline.passed:
            raise _too_slow(name, lines, read / size, now - start)
        if now - last_report >= SECONDS_BETWEEN_REPORTS:
            last_report = now
            logger.info("%d rows, %.0f rows/s", lines, lines / (now - start))
    if not metrics.rows:
        raise EvaluationError(
            f"None of the {lines:,} lines of {name} has a label like __label__positive.",
            after="`python -m data_prep prepare` writes such a file. Upload it, and deploy again.",
        )
    return Evaluated(metrics=metrics, seconds=deadline.elapsed_seconds - start)


def _too_slow(name: str, lines: int, share: float, seconds: float) -> EvaluationError:
    rate = lines / max(seconds, 1e-3)
    left = max(0, round(lines / share) - lines)
    return EvaluationError(
        f"The evaluation on {name} was stopped after {lines:,} rows, because a Lambda has only "
        f"15 minutes: at {rate:,.0f} rows/s about {left:,} rows were left.",
        after="Name a smaller file in EvaluationKey (a random sample of 100,000 rows gives the "
        "accuracy to 0.2 points), and deploy again.",
    )
