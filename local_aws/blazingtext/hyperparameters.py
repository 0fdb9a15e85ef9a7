"""The hyperparameters of BlazingText's supervised mode.

Names, types and defaults: "BlazingText Hyperparameters" in the SageMaker
developer guide. fastText's own defaults differ (lr 0.1, wordNgrams 1, minCount 1),
so every value is passed to it explicitly.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.blazingtext.errors import TrainingError

_WORD2VEC_MODES = ("batch_skipgram", "skipgram", "cbow")

# The container tolerates the other modes' hyperparameters, so their values are not looked at.
_OF_WORD2VEC_ONLY = frozenset(
    {
        "batch_size",
        "evaluation",
        "max_char",
        "min_char",
        "negative_samples",
        "sampling_threshold",
        "subwords",
        "window_size",
    }
)

# fastText keeps its integer arguments in 32 bits.
_LARGEST_INTEGER = 2**31 - 1
_DECIMAL = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SHOWN_CHARACTERS = 60


@dataclass(frozen=True, kw_only=True)
class SupervisedHyperparameters:
    """What a job in supervised mode trains with. The defaults are BlazingText's."""

    buckets: int = 2_000_000
    """Rows of the input matrix that word n-grams are hashed to; at least 1."""
    early_stopping: bool = False
    """Stop when validation accuracy has not improved for `patience` epochs."""
    epochs: int = 5
    """Most passes over the training data; the learning rate decays to 0 over all of them."""
    learning_rate: float = 0.05
    """The initial step size; above 0."""
    min_count: int = 5
    """Rarer words are left out of the vocabulary; at least 0."""
    min_epochs: int = 5
    """Epochs before the first evaluation of early stopping; at least 1."""
    patience: int = 4
    """Evaluations in a row without improvement that end the training; at least 1."""
    vector_dim: int = 100
    """Dimension of the embedding layer; at least 1."""
    word_ngrams: int = 2
    """Longest word n-gram that is a feature; at least 1."""


def parse_hyperparameters(given: Mapping[str, str]) -> SupervisedHyperparameters:
    """Read the strings of hyperparameters.json.

    Args:
        given: names and values as CreateTrainingJob took them.

    Raises:
        TrainingError: a name that BlazingText does not know, a value of the wrong
            type, or a mode other than supervised; it names every one of them.
    """
    problems = _problems_of_mode(given)
    values: dict[str, Any] = {}
    for name, text in sorted(given.items()):
        if name == "mode" or name in _OF_WORD2VEC_ONLY:
            continue
        if name not in _PARSERS:
            known = ", ".join(sorted({"mode", *_PARSERS}))
            problems.append(f"{_shown(name, text)} is unknown (mode supervised has {known})")
            continue
        try:
            values[name] = _PARSERS[name](text)
        except ValueError as expectation:
            problems.append(f"{_shown(name, text)} is not {expectation}")
    if problems:
        raise TrainingError("; ".join(problems))
    return SupervisedHyperparameters(**values)


def _problems_of_mode(given: Mapping[str, str]) -> list[str]:
    if "mode" not in given:
        return ["hyperparameter mode is missing (set it to supervised)"]
    mode = given["mode"]
    if mode == "supervised":
        return []
    if mode in _WORD2VEC_MODES:
        return [f"{_shown('mode', mode)} is not available on this machine (only supervised is)"]
    modes = ", ".join((*_WORD2VEC_MODES, "supervised"))
    return [f"{_shown('mode', mode)} is not one of {modes}"]


def _shown(name: str, value: str) -> str:
    # A job's failure reason has 1,024 characters; a value may have 2,500.
    if len(value) > _SHOWN_CHARACTERS:
        value = value[:_SHOWN_CHARACTERS] + "…"
    return f"hyperparameter {name[:_SHOWN_CHARACTERS]}={value!r}"


def _integer(text: str, *, at_least: int, expectation: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or not at_least <= int(text) <= _LARGEST_INTEGER:
        raise ValueError(expectation)
    return int(text)


def _positive_integer(text: str) -> int:
    return _integer(text, at_least=1, expectation="a positive integer")


def _non_negative_integer(text: str) -> int:
    return _integer(text, at_least=0, expectation="a non-negative integer")


def _positive_float(text: str) -> float:
    if not _DECIMAL.fullmatch(text) or not 0 < float(text) < math.inf:
        raise ValueError("a positive number")
    return float(text)


def _boolean(text: str) -> bool:
    if text not in ("True", "False"):
        raise ValueError("True or False")
    return text == "True"


_PARSERS: Mapping[str, Callable[[str], int | float | bool]] = {
    "buckets": _positive_integer,
    "early_stopping": _boolean,
    "epochs": _positive_integer,
    "learning_rate": _positive_float,
    "min_count": _non_negative_integer,
    "min_epochs": _positive_integer,
    "patience": _positive_integer,
    "vector_dim": _positive_integer,
    "word_ngrams": _positive_integer,
}
