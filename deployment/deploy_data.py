"""Which data a deployment trains on, by its command line."""

import argparse
from pathlib import Path

from data_prep.dataset.training_files import DatasetFiles
from deployment.command_options import accepted
from deployment.tier_stacks import TierStacks
from deployment.training_data import sample


def add_data_options(command: argparse.ArgumentParser) -> None:
    """Declare `--train`, `--validation` and `--test`."""
    command.add_argument(
        "--train", type=Path, help="training file, as `data_prep prepare` writes it (default: "
        "the data of the last deployment, or at the first one the sample)",
    )  # fmt: skip
    command.add_argument(
        "--validation", type=Path, help="file that early stopping and tuning look at; goes with "
        "--train (default: the one beside what `data_prep prepare` wrote; without any they look "
        "at --test, and its accuracy is too good)",
    )  # fmt: skip
    command.add_argument(
        "--test", type=Path, help="file that only the evaluation sees; goes with --train"
    )


def check_files(arguments: argparse.Namespace) -> None:
    """Refuse files that are not there, before anything happens.

    Raises:
        ValueError: one is missing, or was left out.
    """
    if (arguments.train is None) != (arguments.test is None):
        raise ValueError("Say both --train and --test (make: TRAIN=... TEST=...), or neither.")
    if arguments.validation is not None and arguments.train is None:
        raise ValueError("--validation goes with --train and --test: say all three.")
    for file in filter(None, (arguments.train, arguments.validation, arguments.test)):
        if not file.is_file():
            raise ValueError(f"There is no file {file}.")


def chosen_data(arguments: argparse.Namespace, stacks: TierStacks) -> DatasetFiles | None:
    """What is to be trained on; None keeps the data of the last deployment."""
    if arguments.train is not None:
        return DatasetFiles.of(
            arguments.train, arguments.test, arguments.validation, accepted=accepted(arguments)
        )
    return None if stacks.outputs(stacks.machine_learning) else sample()
