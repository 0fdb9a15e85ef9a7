"""A model as a training job with the stack's default hyperparameters would leave it.

The program is the embedded AWS's stand-in for the BlazingText container.
"""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.accuracy import Line, Variant, default_hyperparameters, train_model, write

DEFAULTS = Variant(name="the defaults")


def trained_model(train: Iterable[Line], validation: Iterable[Line]) -> Any:
    """Prepare the texts as the product does, train, and load what was learned.

    Args:
        train: Labels and normalised texts of the channel `train`.
        validation: Of the channel `validation`, which decides which epoch is kept.

    Raises:
        SystemExit: training failed; the message holds its log.
    """
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write(root / "input/data/train/train.txt", DEFAULTS.training_lines(train))
        write(root / "input/data/validation/validation.txt", validation)
        return train_model(root, default_hyperparameters())
