"""What a tuning job searches, and who searches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class IntegerRange:
    """A hyperparameter that is an integer from `low` to `high`, both included."""

    name: str
    low: int
    high: int
    logarithmic: bool = False
    """Whether each order of magnitude is as likely as any other; `low` is then above 0."""


@dataclass(frozen=True)
class FloatRange:
    """A hyperparameter that is a number from `low` to `high`, both included."""

    name: str
    low: float
    high: float
    logarithmic: bool = False
    """Whether each order of magnitude is as likely as any other; `low` is then above 0."""


@dataclass(frozen=True)
class Choice:
    """A hyperparameter that is one of some strings."""

    name: str
    values: tuple[str, ...]


Parameter = IntegerRange | FloatRange | Choice


@dataclass(frozen=True, kw_only=True)
class SearchSpace:
    """Everything that an optimiser has to know about a tuning job."""

    parameters: tuple[Parameter, ...]
    maximise: bool
    """Whether a larger objective is better."""
    trials: int
    """How many training jobs there will be at most."""
    guided: bool = True
    """Whether trials learn from the ones before (Bayesian), or are drawn blindly (Random)."""
    seed: int | None = None
    """Makes the search repeatable, as far as trials end in the same order."""


class Search(Protocol):
    """The search of one tuning job; its trials are numbered from 0 as they are asked for."""

    def ask(self) -> dict[str, str]:
        """The next trial's hyperparameters, as strings; earlier trials may still run."""

    def tell(self, trial: int, objective: float | None) -> None:
        """What came of a trial; None if its training job reported no objective."""


class Optimiser(Protocol):
    """What chooses the hyperparameters of tuning jobs."""

    def begin(self, space: SearchSpace) -> Search:
        """Start a search; called without the control plane's lock, so it may take a while."""


def as_text(value: object) -> str:
    """A hyperparameter's value as SageMaker writes it: integers without a point."""
    return repr(value) if isinstance(value, float) else str(value)


def in_words(values: Mapping[str, str]) -> str:
    """Hyperparameters for a person: `epochs 9, learning_rate 0.41`."""
    return ", ".join(f"{name} {_shortened(value)}" for name, value in values.items())


def _shortened(value: str) -> str:
    """A long decimal fraction with three significant digits."""
    try:
        return f"{float(value):.3g}" if not value.lstrip("+-").isdigit() else value
    except ValueError:
        return value
