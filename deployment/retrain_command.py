"""`python -m deployment retrain`: prepare reviews, and train a deployed tier on them."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from deployment.cdk_cli import CdkCli
from deployment.command_options import (
    accepted,
    add_consent_option,
    add_parameter_options,
    add_tag_option,
    add_tier_options,
    given_by,
)
from deployment.consent import require_consent
from deployment.errors import CdkError
from deployment.rollout import deploy_model
from deployment.served_model import announce, named, refused
from deployment.stack_parameters import check_known, synthesized_parameters
from deployment.tier_stacks import TierStacks
from deployment.training_data import prepared, training_parameters


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.epilog = "All other options are those of `python -m data_prep prepare`: see its --help."
    command.set_defaults(passes_options_on=True)
    add_tier_options(command)
    command.add_argument(
        "--data", required=True, metavar="PATH", help="a file or folder of reviews, as "
        "`data_prep prepare` takes it, or what it has written (make: DATA=PATH)",
    )  # fmt: skip
    command.add_argument(
        "--out", type=Path, metavar="DIR",
        help="where the prepared reviews are kept (default: data/retrain/TIER)",
    )  # fmt: skip
    add_parameter_options(command)
    add_consent_option(command)
    add_tag_option(command)


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: the tier is not deployed, or the data or the parameters cannot be used.
        CdkError: the new model was refused, or could not be made. The old one goes on serving.
    """
    given = given_by(arguments)
    stacks = TierStacks(cdk.tier)
    missing = [stack for stack in stacks.stacks if not stacks.outputs(stack)]
    if missing:
        raise ValueError(
            f"{cdk.tier} is not deployed in this account and region: there is no stack "
            f"{' and no '.join(missing)}. Deploy it first: make deploy TIER={cdk.tier}"
        )
    former = stacks.outputs(stacks.machine_learning)
    if given.values:
        # Before the reviews are prepared, which may take minutes.
        cdk.synth()
        check_known(given.values, synthesized_parameters(cdk))
    dataset = prepared(
        arguments.data, tier=cdk.tier, out=arguments.out, options=arguments.other_options
    )
    if not given.values:
        cdk.synth()
    require_consent(cdk, [stacks.machine_learning], given=arguments.yes)
    data = training_parameters(dataset, bucket=stacks.data_bucket(), accepted=accepted(arguments))
    try:
        deploy_model(cdk, data=data, given=given)
    except CdkError as error:
        raise refused(error, tier=cdk.tier, former=former) from error
    model = stacks.outputs(stacks.machine_learning)
    if model["TrainingJobName"] == former["TrainingJobName"]:
        compared = "As before: the same data and hyperparameters make the same model."
    else:
        compared = f"Before: {named(former)}. {_compared_on(model, former)}"
    announce(stacks, f"{cdk.tier} serves {named(model)}.\n{compared}")


def _compared_on(model: Mapping[str, str], former: Mapping[str, str]) -> str:
    """Whether the two accuracies can be compared, by the outputs of the model's stack."""
    now, before = model.get("EvaluatedOn"), former.get("EvaluatedOn")
    if now and now == before:
        return f"Both are measured on {now}."
    return f"They are measured on different reviews: {now}, and before {before or 'others'}."
