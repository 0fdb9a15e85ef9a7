"""A temperature that falls with a text's length, and the confidence below which a text is unsure.

Temperature scaling (Guo et al. 2017, "On Calibration of Modern Neural Networks") divides
log-probabilities by one number before they are made probabilities again: confidences change, the
order of the labels does not. One number is not enough for fastText. It averages the vectors of a
text's tokens, so that a text of three words is scored by a mean of three, as extreme as any single
word, and a long one by a mean that hardly moves. The noise of a mean falls with 1/n; so does what
has to be taken off.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Final, Self

from lambdas.confidence.log_odds import log_probabilities, probabilities

SHORT_TEXT_OFFSET: Final = 4
"""Tokens that every text counts as having in addition: without them a text of one word would come
out at chance. Chosen on single sentences (docs/calibration.md); whole reviews are indifferent."""

TEMPERATURES: Final = (0.05, 100.0)
"""Of endlessly long texts. Outside of it a fit has gone wrong."""
SHORT_TEXTS: Final = (0.0, 10_000.0)
"""Temperature times tokens that shortness may add."""

_VERSION: Final = 1
_REMEDY: Final = "Evaluate the model again, or switch calibration off."


class CalibrationError(ValueError):
    """What was read is not a calibration; the message says why and what to do."""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What an evaluation measured: it belongs to one model, and travels with it.

    Raises:
        CalibrationError: a value lies outside its range.
    """

    temperature: float
    """Of endlessly long texts, 0.05 to 100; 1 changes nothing, more makes them less sure."""
    short_texts: float
    """A text of n tokens has `short_texts / (n + 4)` more. 0 to 10,000."""
    unsure_below: float
    """The confidence below which a text is unsure, 0 to 1; 0 never calls one unsure."""

    def __post_init__(self) -> None:
        ranges = {"temperature": TEMPERATURES, "short_texts": SHORT_TEXTS, "unsure_below": (0, 1)}
        wrong = [
            f"{name} must be a number from {low:g} to {high:g}, not {getattr(self, name)!r:.40}"
            for name, (low, high) in ranges.items()
            if not _is_number(getattr(self, name)) or not low <= getattr(self, name) <= high
        ]
        if wrong:
            raise CalibrationError(f"The calibration is not valid: {'; '.join(wrong)}. {_REMEDY}")

    def temperature_of(self, tokens: int) -> float:
        """The temperature of a text of so many tokens; at 0 tokens the highest."""
        return self.temperature + self.short_texts / (max(tokens, 0) + SHORT_TEXT_OFFSET)

    def to_json(self) -> str:
        """One line of ASCII, below 150 bytes, that `from_json` reads."""
        return json.dumps({"version": _VERSION} | asdict(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            CalibrationError: it is something else, or of another version.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CalibrationError(
                f"The calibration is not JSON: {text!r:.60}. {_REMEDY}"
            ) from error
        expected = {"version", *(field.name for field in fields(cls))}
        if not isinstance(values, dict) or set(values) != expected:
            raise CalibrationError(
                f"The calibration must be an object of {', '.join(sorted(expected))}, "
                f"not {text!r:.60}. {_REMEDY}"
            )
        if (version := values.pop("version")) != _VERSION:
            raise CalibrationError(
                f"The calibration is of version {version!r:.40}, not {_VERSION}. {_REMEDY}"
            )
        return cls(**values)


NONE: Final = Calibration(temperature=1.0, short_texts=0.0, unsure_below=0.0)
"""Leaves the model's own probabilities, and calls no text unsure."""


def calibrated(
    scores: Mapping[str, float], *, tokens: int, calibration: Calibration
) -> dict[str, float]:
    """What the model's scores of one text are worth.

    Args:
        scores: All labels' probabilities as fastText gives them: they may add up to a little more
            than 1. Whatever is not a number counts as 0.
        tokens: Length of the normalised text, counted between its spaces.
        calibration: Of this model.

    Returns:
        Probabilities that add up to 1, in the same order; no label overtakes another. Ties are
        possible, so the label to report is the one that had the highest of `scores`.
    """
    logarithms = log_probabilities(scores.values())
    temperature = calibration.temperature_of(tokens)
    return dict(zip(scores, probabilities(logarithms, temperature), strict=True))


def is_unsure(confidence: float, calibration: Calibration) -> bool:
    """Whether a calibrated confidence is too low to name a label."""
    return confidence < calibration.unsure_below
