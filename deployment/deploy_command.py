"""`python -m deployment deploy`: a tier's three stacks, in the order that they need."""

import argparse
from pathlib import Path

from data_prep.dataset.training_files import DatasetFiles
from deployment.cdk_cli import CdkCli
from deployment.command_options import add_parameter_options, add_tier_options
from deployment.doctor.command import require_health
from deployment.rollout import roll_out
from deployment.served_model import announce, named
from deployment.stack_parameters import Given, check_known, given_parameters, synthesized_parameters
from deployment.tier_stacks import TierStacks, check_spelling
from deployment.training_data import sample


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_tier_options(command)
    command.add_argument(
        "--train", type=Path, help="training file, as `data_prep prepare` writes it (default: "
        "the data of the last deployment, or at the first one the sample)",
    )  # fmt: skip
    command.add_argument("--test", type=Path, help="held-out file; goes with --train")
    add_parameter_options(command)


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: the files or the parameters cannot be used. Nothing was deployed.
        CdkError: a stack could not be deployed.
    """
    if (arguments.train is None) != (arguments.test is None):
        raise ValueError("Say both --train and --test (make: TRAIN=... TEST=...), or neither.")
    for file in filter(None, (arguments.train, arguments.test)):
        if not file.is_file():
            raise ValueError(f"There is no file {file}.")
    given = Given(given_parameters(arguments.parameters), arguments.accept_overlap)
    require_health(cdk)
    stacks = TierStacks(cdk.tier)
    check_spelling(stacks)
    cdk.synth()
    check_known(given.values, synthesized_parameters(cdk))
    dataset: DatasetFiles | None = None
    if arguments.train is not None:
        dataset = DatasetFiles.of(arguments.train, arguments.test)
    elif not stacks.outputs(stacks.machine_learning):
        dataset = sample()
    roll_out(cdk, dataset=dataset, given=given)
    model = stacks.outputs(stacks.machine_learning)
    announce(stacks, f"{cdk.tier} serves {named(model)}.")
