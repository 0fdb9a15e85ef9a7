"""`python -m deployment status`: show what runs in a tier, to a person or to a program."""

import argparse
from contextlib import nullcontext
from datetime import UTC, datetime

from deployment.cdk_cli import CdkCli
from deployment.progress import console
from deployment.status.aws_reads import Aws
from deployment.status.read import read_status
from deployment.status.table import table
from tier_layout.names import TierNames


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.description = f"{command.description} It only reads."
    command.epilog = "The fields of --json are described in docs/status.md."
    # Only the names of the tier matter, and they are the same with any settings.
    command.set_defaults(settings="Sandbox", context=[])
    command.add_argument("--tier", required=True, help="Sandbox, Production, or your own")
    command.add_argument("--json", action="store_true", help="print one JSON object")


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command; see `read_status` for what it raises."""
    tier = TierNames(cdk.tier)
    asking = console.status(f"Ask AWS about {tier.name}") if console.is_terminal else nullcontext()
    with asking:
        status = read_status(tier, Aws.connect(), now=datetime.now(UTC))
    if arguments.json:
        print(status.to_json())
    else:
        console.print(table(status), markup=False)
