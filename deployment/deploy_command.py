"""`python -m deployment deploy`: a tier's three stacks, in the order that they need."""

import argparse
from pathlib import Path

from data_prep.dataset.training_files import DatasetFiles
from deployment.cdk_cli import CdkCli
from deployment.command_options import add_parameter_option, add_tier_options
from deployment.rollout import roll_out
from deployment.served_model import announce, named
from deployment.stack_parameters import check_known, given_parameters
from deployment.tier_stacks import TierStacks
from deployment.training_data import sample


def add_deploy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its options."""
    what = "deploy the bucket, upload the data, deploy the rest"
    command = commands.add_parser(
        "deploy", help=what, description=f"{what.capitalize()}.", allow_abbrev=False
    )
    command.set_defaults(run=deploy)
    add_tier_options(command)
    command.add_argument(
        "--train", type=Path, help="training file, as `data_prep prepare` writes it (default: "
        "the data of the last deployment, or at the first one the sample)",
    )  # fmt: skip
    command.add_argument("--test", type=Path, help="held-out file; goes with --train")
    add_parameter_option(command)


def deploy(cdk: CdkCli, arguments: argparse.Namespace) -> None:
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
    parameters = given_parameters(arguments.parameters)
    stacks = TierStacks(cdk.tier)
    cdk.synth()
    check_known(parameters, cdk)
    dataset: DatasetFiles | None = None
    if arguments.train is not None:
        dataset = DatasetFiles.of(arguments.train, arguments.test)
    elif not stacks.outputs(stacks.machine_learning):
        dataset = sample()
    roll_out(cdk, dataset=dataset, parameters=parameters)
    model = stacks.outputs(stacks.machine_learning)
    announce(stacks, f"{cdk.tier} serves {named(model)}.")
