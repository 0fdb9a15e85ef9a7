"""Hyperparameters for few training texts, from which the stack's defaults learn too little.

Five epochs are few then, a tenth of the texts is too small a validation file for early stopping to
go by, and runs of three words hardly occur twice. docs/accuracy.md has what they are worth.
"""

from collections.abc import Mapping
from typing import Final

FEW_TEXTS: Final = 4_000
"""Training texts, without their parts, from which on the stack's defaults are as good."""
HYPERPARAMETERS: Final[Mapping[str, str]] = {
    "Epochs": "20",
    "EarlyStopping": "False",
    "WordNgrams": "2",
}
"""By the names of the stack's parameters; chosen together, and so used together."""


def suited(training_texts: int) -> dict[str, str]:
    """The hyperparameters for so many texts, where they are not the stack's defaults."""
    return dict(HYPERPARAMETERS) if training_texts < FEW_TEXTS else {}
