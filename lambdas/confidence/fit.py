"""Fits a calibration to what a model said about texts whose right label is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from lambdas.confidence.calibration import NONE, SHORT_TEXT_OFFSET, Calibration
from lambdas.confidence.log_odds import log_probabilities
from lambdas.confidence.maximum_posterior import Observation, most_probable_temperatures
from lambdas.confidence.sampling import sample

MOST_EXAMPLES: Final = 32_768
"""More are sampled: two numbers are known to a few per cent by then."""
FEWEST_LABELS: Final = 2
"""Right labels: with one, the best calibration is to be always certain."""
ABOVE_CHANCE: Final = 0.2
"""How much of the way from guessing to certainty a label must have, or the text is unsure."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One text that the model was asked about."""

    scores: Mapping[str, float]
    """Every label's probability, as the model gave it."""
    tokens: int
    """Length of the normalised text, counted between its spaces."""
    label: str
    """The right one."""


def fit(examples: Iterable[Example]) -> Calibration:
    """The calibration under which the right labels are most probable.

    Args:
        examples: Whole texts that the model was not trained on, read once, in any order; parts of
            texts are not needed. More than 32,768 are sampled, so that a few labels need 10 MB
            for a file of any length. 25,000 take .4 s, 400,000 take 2 s. A text whose label the
            model does not know is left out: no temperature can make it right.

    Returns:
        The same calibration for the same examples. The fewer there are, the nearer it is to what
        larger files taught, which claims too little rather than too much. `NONE` when fewer than
        two labels are ever the right one.
    """
    known = (example for example in examples if example.label in example.scores)
    kept = sample(map(_observed, known), most=MOST_EXAMPLES)
    if len({label for label, _ in kept}) < FEWEST_LABELS:
        return NONE
    temperature, short_texts = most_probable_temperatures([each for _, each in kept])
    choices = max(len(observation.logarithms) for _, observation in kept)
    return Calibration(
        temperature=round(temperature, 4),
        short_texts=round(short_texts, 3),
        unsure_below=unsure_below(choices),
    )


def unsure_below(labels: int) -> float:
    """The least confidence that is worth more than a guess among so many labels.

    .6 of two labels, .4667 of three, .36 of five. It is a calibrated confidence, and so the
    share of right answers of the texts that stand exactly there.
    """
    chance = 1 / labels
    return round(chance + ABOVE_CHANCE * (1 - chance), 4)


def _observed(example: Example) -> tuple[str, Observation]:
    others = [score for label, score in example.scores.items() if label != example.label]
    right, *rest = log_probabilities([example.scores[example.label], *others])
    shortness = 1 / (max(example.tokens, 0) + SHORT_TEXT_OFFSET)
    return example.label, Observation(shortness=shortness, logarithms=(right, *rest))
