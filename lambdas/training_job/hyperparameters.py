"""BlazingText's hyperparameters in supervised mode: which there are, and what they may be.

Names, ranges and defaults: Amazon SageMaker Developer Guide, "BlazingText
Hyperparameters". SageMaker carries every value as a string.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lambdas.custom_resource.messages import shown

_LARGEST_INT: Final = 2**31 - 1
"""fastText's arguments are 32-bit integers."""


@dataclass(frozen=True)
class _Whole:
    minimum: int

    def parse(self, text: str) -> str | None:
        try:
            value = int(text)
        except ValueError:
            return None
        return str(value) if self.minimum <= value <= _LARGEST_INT else None

    def __str__(self) -> str:
        return f"a whole number of at least {self.minimum}"


@dataclass(frozen=True)
class _Positive:
    def parse(self, text: str) -> str | None:
        try:
            value = float(text)
        except ValueError:
            return None
        return str(value) if value > 0 and math.isfinite(value) else None

    def __str__(self) -> str:
        return "a number above 0"


@dataclass(frozen=True)
class _OneOf:
    words: tuple[str, ...]

    def parse(self, text: str) -> str | None:
        return next((word for word in self.words if word.lower() == text.lower()), None)

    def __str__(self) -> str:
        return " or ".join(self.words)


_RULES: Final[Mapping[str, _Whole | _Positive | _OneOf]] = {
    # Only a supervised model has labels, and validation:accuracy for early stopping.
    "mode": _OneOf(("supervised",)),
    "epochs": _Whole(1),
    "learning_rate": _Positive(),
    "vector_dim": _Whole(1),
    "word_ngrams": _Whole(1),
    "min_count": _Whole(0),
    "buckets": _Whole(1),
    "early_stopping": _OneOf(("True", "False")),
    "patience": _Whole(1),
    "min_epochs": _Whole(1),
}

_DEFAULTS: Final[Mapping[str, str]] = {
    "epochs": "5",
    "early_stopping": "False",
    "patience": "4",
    "min_epochs": "5",
    "vector_dim": "100",
    "buckets": "2000000",
}
"""BlazingText's own, for the rules that need to know a hyperparameter that was not given."""


def parse_hyperparameters(given: object) -> tuple[dict[str, str], list[str]]:
    """Return the hyperparameters in one spelling per value, and every problem with them.

    One spelling ("0.25", never "0.250") keeps the same training job from having two
    names.
    """
    if not isinstance(given, Mapping):
        return {}, [f"HyperParameters must be a map of strings, not {shown(given)}"]
    parsed: dict[str, str] = {}
    problems: list[str] = []
    for name, value in sorted(given.items()):
        rule = _RULES.get(name)
        if rule is None:
            problems.append(
                f"HyperParameters.{shown(name)} is none of BlazingText's in supervised mode: "
                + ", ".join(_RULES)
            )
            continue
        text = rule.parse(str(value).strip())
        if text is None:
            problems.append(f"HyperParameters.{name} must be {rule}, not {shown(value)}")
        else:
            parsed[name] = text
    if "mode" not in given:
        problems.append("HyperParameters.mode is missing: it must be supervised")
    return parsed, problems + ([] if problems else _early_stopping_problems(parsed))


def value_of(hyperparameters: Mapping[str, str], name: str) -> str:
    """Return the value that training uses: BlazingText's own default where none is given.

    Raises:
        KeyError: the default of this hyperparameter is not known here.
    """
    return {**_DEFAULTS, **hyperparameters}[name]


def _early_stopping_problems(parsed: Mapping[str, str]) -> list[str]:
    """Find settings with which early stopping is asked for but can never happen."""
    settings = {**_DEFAULTS, **parsed}
    if settings["early_stopping"] == "False":
        return []
    epochs = int(settings["epochs"])
    return [
        f"HyperParameters.{name} is {settings[name]}, more than epochs ({epochs}), so that early "
        f"stopping never happens: lower {name}, raise epochs, or set early_stopping to False"
        for name in ("min_epochs", "patience")
        if int(settings[name]) > epochs
    ]
