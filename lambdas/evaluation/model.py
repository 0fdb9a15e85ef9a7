"""The trained model: labels and probabilities for a line of text."""

from pathlib import Path
from typing import Final, Protocol

import fasttext_pybind  # type: ignore[import-not-found]

from lambdas.evaluation.errors import EvaluationError
from tier_layout.labels import LABEL_PREFIX

ALL_LABELS: Final = -1

Prediction = list[tuple[float, str]]
"""Probabilities and labels (without `__label__`), the likeliest first."""


class Model(Protocol):
    """What an evaluation asks of a model."""

    def predict(self, line: bytes) -> Prediction:
        """Return every label's probability for one line as it stands in the file."""
        ...


class FastTextModel:
    """A supervised fastText model, in memory.

    The module is the predict-only build's or the full library's: both have the same name
    and interface. fastText's own `test` reads a line break as a token of its own and
    leaves labels out of the text, so lines are handed over whole, as they are.
    """

    def __init__(self, file: Path) -> None:
        """Load the model; the file is not needed afterwards.

        Raises:
            EvaluationError: it is no supervised fastText model.
        """
        self._model = fasttext_pybind.fasttext()
        try:
            self._model.loadModel(str(file))
            usable = bool(self.predict(b"\n"))
        except (ValueError, RuntimeError, MemoryError) as error:
            # fastText's words hold the file's path, which says nothing to anybody.
            raise EvaluationError(
                f"The model is no supervised fastText model ({type(error).__name__}).",
                after="Train one with BlazingText in supervised mode.",
            ) from error
        if not usable:
            raise EvaluationError(
                "The model answers nothing: its file is incomplete.",
                after="Train it again, or bring in a whole model.tar.gz.",
            )

    def predict(self, line: bytes) -> Prediction:
        """Return every label's probability, clipped to 1, which rounding exceeds."""
        return [
            (min(probability, 1.0), label.removeprefix(LABEL_PREFIX))
            for probability, label in self._model.predict(line, ALL_LABELS, 0.0, "replace")
        ]
