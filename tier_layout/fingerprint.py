"""How a model is recognised by its answers.

While a deployment swaps models, two of them answer under one endpoint's name, and under one
variant's: a blue/green update needs the same in both configs. So each request asks a few fixed
texts in front of the caller's. One container answers a whole request, and the evaluation has
written down what its model says of them.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Self

TEXTS: Final = (
    "the and of to a in is it . ,",
    "de la que el e não un der die nicht",
    "не и в хорошо плохо",
    "的 是 不 了 の は 良 い",
    "a",
)
"""Words that training files of many languages have, and that say little, so that chance decides
what a model makes of them: of `good` all models are as sure. None is empty: what a container makes
of an empty text is documented nowhere."""
VERSION: Final = hashlib.sha256("\n".join(TEXTS).encode()).hexdigest()[:8]
"""Of the texts: readings of other ones cannot be compared."""
TOLERANCE: Final = 0.001
"""How far two readings of one model may lie apart. Another order of summing 32-bit floats makes
1e-6, another build up to 1e-5; of four models, two of them trained on the very same file, any two
differed by .13 and more. As much as `deploy` lets an endpoint's answers differ from the
evaluation's, so that a container which does not fit in here is reported there."""
MOST_LABELS: Final = 100
"""As many as the API asks an endpoint for. A model of more has no fingerprint."""

_DECIMALS: Final = 6

Reading = tuple[float | None, ...]
"""One number a text, 0 to 1; None where there was no answer."""


def reading(answers: Iterable[Mapping[str, float]]) -> Reading:
    """What one container, or one model, says of the texts.

    A number is the mean of weights that hashes give the labels, by their probabilities: every
    label counts, under its name, and a hundred of them take no more room than two.

    Args:
        answers: Label (without its prefix) → probability, for each text; empty without an answer.
    """
    return tuple(_number(index, scores) for index, scores in enumerate(answers))


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """What is known of one model's answers to the texts."""

    readings: tuple[Reading, ...]
    """With a line break at a text's end and without: nothing documents which of them the container
    asks its model for. Either is this model's answer."""

    @classmethod
    def parse(cls, value: Any) -> Self | None:
        """Read what `as_json` gives; None when it is something else, or of other texts."""
        match value:
            case {"texts": version, "readings": [_, *_] as readings} if version == VERSION and all(
                _is_reading(each) for each in readings
            ):
                return cls(readings=tuple(tuple(each) for each in readings))
        return None

    def as_json(self) -> dict[str, Any]:
        """For a JSON document; below 250 bytes there."""
        return {"texts": VERSION, "readings": [list(each) for each in self.readings]}

    def distance(self, other: Reading) -> float:
        """By how much the number differs that differs most, 0 to 1; infinite where one is missing.

        A model has this fingerprint whose reading is nearer than `TOLERANCE`.
        """
        return min(_distance(own, other) for own in self.readings)

    def is_as(self, other: Self) -> bool:
        """Whether both are of one model, as far as answers tell."""
        return min(map(self.distance, other.readings)) <= TOLERANCE


def _number(index: int, scores: Mapping[str, float]) -> float | None:
    total = sum(scores.values())
    if not total:
        return None
    weighted = sum(score * _weight(index, label) for label, score in scores.items())
    return round(weighted / total, _DECIMALS)


@lru_cache(maxsize=len(TEXTS) * MOST_LABELS)
def _weight(index: int, label: str) -> float:
    """0 to 1. Another one for each text, so that no two labels weigh the same in all of them."""
    digest = hashlib.sha256(f"{index} {label}".encode(errors="replace")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32


def _is_reading(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == len(TEXTS)
        and all(number is None or isinstance(number, int | float) for number in value)
    )


def _distance(one: Sequence[float | None], other: Sequence[float | None]) -> float:
    differences = [
        0.0
        if own is None and others is None
        else float("inf")
        if own is None or others is None
        else abs(own - others)
        for own, others in zip(one, other, strict=True)
    ]
    return max(differences)
