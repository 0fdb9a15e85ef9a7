"""Reads what the BlazingText container answers: the only place that knows `__label__`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tier_layout import fingerprint
from tier_layout.fingerprint import Reading
from tier_layout.labels import LABEL_PREFIX

SLACK = 0.001
"""How far outside 0..1 a probability may lie, and is clipped: fastText's exceed 1 by some 1e-5."""


class UnreadableReplyError(Exception):
    """The container's reply is not what BlazingText promises.

    The message never quotes it: a reply may repeat review text.
    """


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model thinks of one text."""

    scores: dict[str, float]
    """Label (without its prefix) → probability in 0..1, the most probable first; never empty."""

    @property
    def best_label(self) -> str:
        """The most probable label."""
        return next(iter(self.scores))


@dataclass(frozen=True, slots=True)
class Answer:
    """What one container says of a whole request."""

    predictions: list[Prediction]
    """One for each of the caller's texts, in their order."""
    reading: Reading
    """What it says of the fingerprint's texts: tells which model it has."""


def read_answer(reply: bytes, *, expected: int) -> Answer:
    """Read the reply to the fingerprint's texts and, after them, the caller's.

    Args:
        reply: The body of the container's answer.
        expected: How many texts of the caller's were sent.

    Raises:
        UnreadableReplyError: as `read_predictions` does. Not for a text of the fingerprint: an
            answer is not refused for want of a name.
    """
    first = len(fingerprint.TEXTS)
    entries = _read_entries(reply, first + expected)
    return Answer(
        predictions=_read_each(entries[first:]),
        reading=fingerprint.reading(_scores_if_any(entry) for entry in entries[:first]),
    )


def read_predictions(reply: bytes, *, expected: int) -> list[Prediction]:
    """Read `[{"prob": [0.9, 0.1], "label": ["__label__positive", "__label__negative"]}, …]`.

    Args:
        reply: The body of the container's answer.
        expected: How many texts were sent; the reply has one entry for each, in their order.

    Raises:
        UnreadableReplyError: anything else than that.
    """
    return _read_each(_read_entries(reply, expected))


def _read_entries(reply: bytes, expected: int) -> list[object]:
    try:
        # Integers as floats: one of 400 digits is infinite then, rather than an error of its own.
        entries = json.loads(reply, parse_int=float)
    except (ValueError, RecursionError) as error:
        raise UnreadableReplyError("the reply is not JSON") from error
    if not isinstance(entries, list):
        raise UnreadableReplyError("the reply is not a list")
    if len(entries) != expected:
        raise UnreadableReplyError(f"{expected} texts were sent, {len(entries)} were answered")
    return entries


def _read_each(entries: Sequence[object]) -> list[Prediction]:
    return [_read_prediction(entry, index) for index, entry in enumerate(entries)]


def _scores_if_any(entry: object) -> Mapping[str, float]:
    try:
        return _read_prediction(entry, 0).scores
    except UnreadableReplyError:
        return {}


def _read_prediction(entry: object, index: int) -> Prediction:
    match entry:
        case {"prob": [_, *_] as probabilities, "label": [_, *_] as labels} if len(
            probabilities
        ) == len(labels):
            names = [_read_label(label, index) for label in labels]
            values = [_read_probability(value, index) for value in probabilities]
        case _:
            raise UnreadableReplyError(f"entry {index} has no parallel lists `prob` and `label`")
    if len(set(names)) != len(names):
        raise UnreadableReplyError(f"entry {index} repeats a label")
    best_first = sorted(zip(names, values, strict=True), key=lambda pair: pair[1], reverse=True)
    return Prediction(scores=dict(best_first))


def _read_label(label: object, index: int) -> str:
    if not isinstance(label, str) or not label.startswith(LABEL_PREFIX) or label == LABEL_PREFIX:
        raise UnreadableReplyError(f"entry {index} has a label that is not {LABEL_PREFIX}<name>")
    return label.removeprefix(LABEL_PREFIX)


def _read_probability(value: object, index: int) -> float:
    # The bounds refuse NaN too, which Python's json reads.
    if not isinstance(value, float) or not -SLACK <= value <= 1 + SLACK:
        raise UnreadableReplyError(f"entry {index} has a probability that is not within 0..1")
    return min(max(value, 0.0), 1.0)
