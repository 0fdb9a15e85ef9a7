"""`python -m deployment promote`: serve a model in a tier that has not trained it."""

import argparse
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
from deployment.progress import step
from deployment.promote.model_import import Archive, Examination
from deployment.promote.promotion import Bring, copy_artifact, roll_out_model
from deployment.promote.served_artifact import ServedArtifact
from deployment.served_model import announce, named
from deployment.stack_parameters import SET_BY_COMMANDS, check_known
from deployment.tier_stacks import TierStacks, check_spelling
from deployment.watching import known_parameters, stacks_to_deploy

RESERVED = {
    **SET_BY_COMMANDS,
    "EvaluationKey": "it comes with the model (--from), or from --test",
}


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.description = (
        f"{command.description} The tier's own gate decides. The tier is deployed if it is not yet."
    )
    command.epilog = "Both tiers must be in the account and region that the environment points at."
    model = command.add_mutually_exclusive_group(required=True)
    model.add_argument(
        "--from", dest="source", metavar="TIER",
        help="the tier whose model, evaluation and data are copied (make: FROM=TIER)",
    )  # fmt: skip
    model.add_argument(
        "--model", metavar="S3-URI|FILE",
        help="a model.tar.gz with a BlazingText model.bin (make: MODEL=...)",
    )  # fmt: skip
    add_tier_options(command, option="--to")
    command.add_argument(
        "--data", type=Path, metavar="DIR", help="with --model: prepared reviews that it was "
        "trained on; it is evaluated on their held-out ones",
    )  # fmt: skip
    command.add_argument(
        "--test", metavar="FILE|KEY", help="with --model: labelled lines to evaluate it on, a file "
        "or a key in the tier's bucket (default: what the tier's last model was evaluated on)",
    )  # fmt: skip
    add_parameter_options(command)
    add_consent_option(command)
    add_tag_option(command)


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: there is nothing to promote, or the parameters cannot be used.
        CdkError: the tier refuses the model; it goes on serving what it served.
    """
    given = given_by(arguments, reserved=RESERVED)
    check_spelling(TierStacks(cdk.tier))
    bring, told = (
        _from_tier(cdk.tier, arguments) if arguments.source else _from_elsewhere(cdk, arguments)
    )
    cdk.synth()
    check_known(given.values, known_parameters(cdk, given))
    stacks = TierStacks(cdk.tier)
    require_consent(cdk, stacks_to_deploy(cdk), given=arguments.yes)
    former = roll_out_model(cdk, bring, given=given)
    model = stacks.outputs(stacks.machine_learning)
    lines = [f"{cdk.tier} serves {named(model)}.", told]
    if former and former["TrainingJobName"] != model["TrainingJobName"]:
        lines.append(f"Before: {named(former)}.")
    announce(stacks, "\n".join(lines))


def _from_tier(tier: str, arguments: argparse.Namespace) -> tuple[Bring, str]:
    if arguments.source == tier:
        raise ValueError(f"--from and --to are the same tier, {tier}: say another one.")
    if arguments.data or arguments.test:
        raise ValueError(
            "--data and --test go with --model: a tier's model comes with the data that it was "
            "evaluated on."
        )
    artifact = ServedArtifact.of(arguments.source)
    return (
        lambda bucket: copy_artifact(artifact, bucket),
        f"It is the very model that {arguments.source} serves; nothing was trained.",
    )


def _from_elsewhere(cdk: CdkCli, arguments: argparse.Namespace) -> tuple[Bring, str]:
    with step("Look at the model") as looking:
        archive = Archive.find(arguments.model)
        looking.result = archive.content_hash
    examination = Examination(
        tier=cdk.tier, data=arguments.data, test=arguments.test, accepted=accepted(arguments)
    )
    examination.check()
    return (
        lambda bucket: {
            "ModelDataUrl": archive.bring(bucket),
            **examination.bring(bucket),
        },
        f"Its archive is that of {arguments.model}; nothing was trained.",
    )
