"""`python -m deployment destroy`: remove a tier's stacks."""

import argparse

from deployment.cdk_cli import CdkCli
from deployment.command_options import add_tier_options
from deployment.progress import console
from stacks.tiers import find_tier


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_tier_options(command)


def run(cdk: CdkCli, _: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        CdkError: a stack could not be removed.
    """
    settings = find_tier(cdk.tier, cdk.settings).settings
    cdk.synth()
    cdk.destroy()
    if settings.retain_data:
        console.print(
            f"The data bucket and the logs of {cdk.tier} are retained: delete them by hand.",
            markup=False,
        )
