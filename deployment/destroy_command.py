"""`python -m deployment destroy`: remove a tier's stacks."""

import argparse
from collections.abc import Sequence

from deployment.cdk_cli import CdkCli
from deployment.command_options import add_tier_options
from deployment.confirmation import confirm
from deployment.deployed_tier import Resource, deployed_stacks, retained, retains_data
from deployment.errors import WorkFailedError
from deployment.progress import console
from deployment.tier_stacks import TierStacks

_KINDS = {
    "AWS::S3::Bucket": "bucket",
    "AWS::Logs::LogGroup": "log group",
    "AWS::KMS::Key": "KMS key",
}


def add_options(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    add_tier_options(command)
    command.add_argument(
        "--yes-destroy", metavar="TIER", help="the tier's name again: for programs, in place of "
        "the question that is asked of a tier that retains its data",
    )  # fmt: skip


def run(cdk: CdkCli, arguments: argparse.Namespace) -> None:
    """Run the command.

    Raises:
        ValueError: there is no such tier, or nobody has said that it is meant.
        WorkFailedError: a stack is being updated, or could not be removed.
    """
    tier = TierStacks(cdk.tier)
    there = deployed_stacks(tier)
    if not there:
        raise ValueError(
            f"There is no tier {cdk.tier} in this account and region: no stack "
            f"{' and no '.join(tier.stacks)}. Nothing was removed."
        )
    _check_idle(tier, there)
    stays = [resource for stack in there for resource in retained(stack)]
    _check_meant(cdk.tier, arguments.yes_destroy, asked=retains_data(tier))
    cdk.synth()
    for stack in there:
        tier.unprotect(stack)
    cdk.destroy()
    for line in _what_stays(cdk.tier, stays):
        console.print(line, markup=False)


def _check_idle(tier: TierStacks, there: Sequence[str]) -> None:
    """Refuse before anything is removed, rather than in the middle, when CloudFormation would.

    A stack that is being created can be deleted, and one that is being deleted, too.
    """
    for stack in there:
        status = tier.status(stack)
        if status.startswith("UPDATE_") and tier.is_changing(stack):
            raise WorkFailedError(
                f"{stack} is {status}, and CloudFormation deletes no stack during an update. "
                f"Nothing was removed. Wait until it is through (make status TIER={tier.name} says "
                "so), and destroy it then."
            )


def _check_meant(tier: str, said: str | None, *, asked: bool) -> None:
    if said is not None and said != tier:
        raise ValueError(f"--yes-destroy {said} is not the tier that would be removed, {tier}.")
    if asked and said is None:
        confirm(
            f"{tier} retains its data, so it is not there to be thrown away: its API and its "
            "endpoint would be gone, and whoever calls them gets errors.",
            expected=tier,
            said_already=f"--yes-destroy {tier}",
        )


def _what_stays(tier: str, stays: Sequence[Resource]) -> list[str]:
    if not stays:
        return []
    lines = [f"{tier} is removed. What it retains stays, and is paid for, until you delete it:"]
    for resource in stays:
        kind = _KINDS.get(resource.type, resource.type)
        lines.append(f"  {kind} {resource.physical_id}")
    return lines
