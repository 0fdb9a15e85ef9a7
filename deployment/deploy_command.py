"""`python -m deployment deploy`: a tier's stacks, in the order that they need."""

import argparse

from deployment.cdk_cli import CdkCli
from deployment.command_options import (
    add_consent_option,
    add_parameter_options,
    add_tag_option,
    add_tier_options,
    given_by,
)
from deployment.consent import require_consent
from deployment.deploy_data import add_data_options, check_files, chosen_data
from deployment.doctor.command import require_health
from deployment.rollout import roll_out
from deployment.served_model import announce, named
from deployment.stack_parameters import check_known
from deployment.tier_stacks import TierStacks, check_spelling
from deployment.watching import known_parameters, stacks_to_deploy


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_tier_options(command)
    add_data_options(command)
    add_parameter_options(command)
    add_consent_option(command)
    add_tag_option(command)


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: the files or the parameters cannot be used. Nothing was deployed.
        CdkError: a stack could not be deployed.
    """
    check_files(arguments)
    given = given_by(arguments)
    require_health(cdk)
    stacks = TierStacks(cdk.tier)
    check_spelling(stacks)
    cdk.synth()
    check_known(given.values, known_parameters(cdk, given))
    require_consent(cdk, stacks_to_deploy(cdk), given=arguments.yes)
    dataset = chosen_data(arguments, stacks)
    roll_out(cdk, dataset=dataset, given=given)
    model = stacks.outputs(stacks.machine_learning)
    announce(stacks, f"{cdk.tier} serves {named(model)}.")
