"""What a hyperparameter tuning job searches.

BlazingText's tunable hyperparameters and their recommended ranges: Amazon SageMaker Developer
Guide, "Tune a BlazingText Model". Three differ here, and two are left alone. Measured in
docs/tuning.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal


@dataclass(frozen=True, kw_only=True)
class Range:
    """The values of one hyperparameter, both ends included."""

    name: str
    kind: Literal["Integer", "Continuous"]
    low: float
    high: float
    scaling: Literal["Linear", "Logarithmic"] = "Linear"


RANGES: Final = (
    Range(name="epochs", kind="Integer", low=5, high=15),
    # Recommended: 1 to 3. Single words alone were the worst of every search.
    Range(name="word_ngrams", kind="Integer", low=2, high=3),
    # Recommended: 0.005 to 0.01, with which anything below millions of reviews is under-fitted
    # (docs/accuracy.md). From BlazingText's own default to what suits some ten thousand reviews.
    Range(name="learning_rate", kind="Continuous", low=0.05, high=1.0, scaling="Logarithmic"),
    # Recommended: 0 to 100. Its logarithm cannot begin at 0, and rare words are most of what a
    # small data set knows.
    Range(name="min_count", kind="Integer", low=1, high=20, scaling="Logarithmic"),
)
"""Not vector_dim (32 to 300) and buckets (1 to 10 million): they multiply to the model's size,
which has to fit the evaluation's and the endpoint's memory. They stay what the stack says."""

TUNED: Final = frozenset(one.name for one in RANGES)
_FEWEST_EPOCHS: Final = 5


def tuning_problems(hyperparameters: Mapping[str, str]) -> list[str]:
    """Find fixed hyperparameters with which some of the searched ones could not be."""
    if hyperparameters.get("early_stopping") != "True":
        return []
    return [
        f"HyperParameters.{name} is {hyperparameters[name]}, more than the {_FEWEST_EPOCHS} epochs "
        f"that tuning tries, too: lower {name}, or set early_stopping to False"
        for name in ("min_epochs", "patience")
        if int(hyperparameters.get(name, _FEWEST_EPOCHS)) > _FEWEST_EPOCHS
    ]
