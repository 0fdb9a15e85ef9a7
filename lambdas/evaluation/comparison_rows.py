"""Some rows with what the model says of them, for the endpoint to be asked the same.

The evaluation asks the model itself. That the container behind an endpoint reads a text in the
same way is an assumption, above all that it ends a text with a line break, which is a token of its
own: nothing documents it. So these are the rows on which that line break matters most, each with
both answers.
"""

from typing import Any, Final

from lambdas.confidence.sampling import Reservoir
from lambdas.evaluation.examples import Example, text_of
from lambdas.evaluation.model import Model, Prediction

ROWS: Final = 10
CANDIDATES: Final = 200
"""Rows that are asked twice: some milliseconds."""
LONGEST_BYTES: Final = 2_000
"""Of a row's text. The line break is one token among others, so that long texts say little of it,
and ten of them must fit into one request."""
LABELS: Final = 5
"""The likeliest ones are kept: a model may have thousands."""

_Candidate = tuple[int, str]


class ComparisonRows:
    """Collects candidates among an evaluation's rows, and chooses from them."""

    def __init__(self) -> None:
        self._candidates = Reservoir[_Candidate]()

    def add(self, example: Example, prediction: Prediction) -> None:
        """Take one line, or leave it."""
        if not prediction or not example.tokens or len(example.line) > LONGEST_BYTES:
            return
        try:
            text = text_of(example.line).decode()
        except UnicodeDecodeError:
            return  # JSON could not carry it
        self._candidates.add((example.number, text), most=CANDIDATES)

    def choose(self, model: Model) -> list[dict[str, Any]]:
        """The rows whose answers say most about how a text is read, in the file's order."""
        rows = [_row(number, text, model) for number, text in self._candidates.kept]
        rows.sort(key=lambda row: (-_difference(row), row["line"]))
        return sorted(rows[:ROWS], key=lambda row: int(row["line"]))


def _row(number: int, text: str, model: Model) -> dict[str, Any]:
    with_break = model.predict(text.encode() + b"\n")
    without = {label: probability for probability, label in model.predict(text.encode())}
    kept = with_break[:LABELS]
    return {
        "line": number,
        "text": text,
        "scores": {label: probability for probability, label in kept},
        "without_line_break": {label: without.get(label, 0.0) for _, label in kept},
    }


def _difference(row: dict[str, Any]) -> float:
    """How much the line break changes the likeliest label's probability."""
    label, probability = next(iter(row["scores"].items()))
    difference: float = abs(probability - row["without_line_break"][label])
    return difference
