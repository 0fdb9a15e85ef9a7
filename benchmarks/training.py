"""A model as a training job with the stack's default hyperparameters would leave it.

The program is the embedded AWS's stand-in for the BlazingText container.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fasttext

from benchmarks.accuracy import Line, Variant, write
from stacks.training_parameters import HYPERPARAMETERS

DEFAULTS = Variant(name="the defaults")


def trained_model(train: Iterable[Line], validation: Iterable[Line]) -> Any:
    """Prepare the texts as the product does, train, and load what was learned.

    Args:
        train: Labels and normalised texts of the channel `train`.
        validation: Of the channel `validation`, which decides which epoch is kept.

    Raises:
        SystemExit: training failed; the message holds its log.
    """
    hyperparameters = {"mode": "supervised"}
    hyperparameters |= {each.name: str(each.default) for each in HYPERPARAMETERS}
    channels = {name: {"TrainingInputMode": "File"} for name in ("train", "validation")}
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write(root / "input/data/train/train.txt", DEFAULTS.training_lines(train))
        write(root / "input/data/validation/validation.txt", validation)
        config = root / "input/config"
        config.mkdir()
        (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(channels))
        (config / "resourceconfig.json").write_text(json.dumps({"hosts": ["algo-1"]}))
        log = root / "log.txt"
        # An open standard input is the trainer's lifeline: it ends with us.
        with (
            log.open("w") as output,
            subprocess.Popen(
                [sys.executable, "-m", "local_aws.blazingtext.train"],
                env=os.environ | {"SM_ML_ROOT": directory},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            ) as job,
        ):
            status = job.wait()
        if status:
            raise SystemExit(f"training failed:\n{log.read_text()}")
        return fasttext.load_model(str(root / "model/model.bin"))
