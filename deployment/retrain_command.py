"""`python -m deployment retrain`: prepare reviews, and train a deployed tier on them."""

import argparse
from pathlib import Path

from deployment.cdk_cli import CdkCli, CdkError
from deployment.command_options import add_parameter_option, add_tier_options
from deployment.rollout import retrain as retrain_model
from deployment.served_model import announce, named, refused
from deployment.stack_parameters import check_known, given_parameters
from deployment.tier_stacks import TierStacks
from deployment.training_data import prepared, training_parameters


def add_retrain(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its options."""
    what = "prepare reviews, upload them, and train a deployed tier on them"
    command = commands.add_parser(
        "retrain",
        help=what,
        description=f"{what.capitalize()}.",
        epilog="All other options are those of `python -m data_prep prepare`: see its --help.",
        allow_abbrev=False,
    )
    command.set_defaults(run=retrain, passes_options_on=True)
    add_tier_options(command)
    command.add_argument(
        "--data", required=True, metavar="PATH", help="a file or folder of reviews, as "
        "`data_prep prepare` takes it, or what it has written (make: DATA=PATH)",
    )  # fmt: skip
    command.add_argument(
        "--out", type=Path, metavar="DIR",
        help="where the prepared reviews are kept (default: data/retrain/TIER)",
    )  # fmt: skip
    add_parameter_option(command)


def retrain(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: the tier is not deployed, or the data or the parameters cannot be used.
        CdkError: the new model was refused, or could not be made. The old one goes on serving.
    """
    parameters = given_parameters(arguments.parameters)
    stacks = TierStacks(cdk.tier)
    missing = [stack for stack in stacks.stacks if not stacks.outputs(stack)]
    if missing:
        raise ValueError(
            f"{cdk.tier} is not deployed in this account and region: there is no stack "
            f"{' and no '.join(missing)}. Deploy it first: make deploy TIER={cdk.tier}"
        )
    former = stacks.outputs(stacks.machine_learning)
    if parameters:
        # Once more than without: before the reviews are prepared, which may take minutes.
        cdk.synth()
        check_known(parameters, cdk)
    dataset = prepared(
        arguments.data, tier=cdk.tier, out=arguments.out, options=arguments.other_options
    )
    data = training_parameters(dataset, bucket=stacks.data_bucket())
    try:
        retrain_model(cdk, parameters=data | parameters)
    except CdkError as error:
        raise refused(error, tier=cdk.tier, former=former) from error
    model = stacks.outputs(stacks.machine_learning)
    if model["TrainingJobName"] == former["TrainingJobName"]:
        compared = "As before: the same data and hyperparameters make the same model."
    else:
        compared = f"Before: {named(former)}. Each is measured on its own held-out reviews."
    announce(stacks, f"{cdk.tier} serves {named(model)}.\n{compared}")
