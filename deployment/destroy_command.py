"""`python -m deployment destroy`: remove a tier's stacks."""

import argparse

from deployment.cdk_cli import CdkCli
from deployment.command_options import add_tier_options
from deployment.progress import console
from stacks.tiers import find_tier


def add_destroy(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Declare the command and its options."""
    what = "remove the tier's stacks"
    command = commands.add_parser(
        "destroy", help=what, description=f"{what.capitalize()}.", allow_abbrev=False
    )
    command.set_defaults(run=destroy)
    add_tier_options(command)


def destroy(cdk: CdkCli, _: argparse.Namespace) -> None:
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
