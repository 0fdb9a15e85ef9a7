"""Removes the tier that was verified, in any case, and sees to it that it is gone."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from deployment.deployed_tier import deployed_stacks
from deployment.progress import console, step
from deployment.tier_stacks import TierStacks
from stacks.repository import ROOT
from tests.aws_verified.leftovers import remains, remove_logs
from tests.aws_verified.tier import SETTINGS, VerifiedTier

ATTEMPTS = 5
"""To remove the stacks: a CDK CLI that was interrupted needs a while to end."""
PAUSE_SECONDS = 10
GONE_SECONDS = 120
"""How long AWS's lists may still name what has been deleted."""
LOOK_SECONDS = 5


@contextmanager
def removed(tier: VerifiedTier) -> Iterator[list[str]]:
    """Remove the tier after the block, however that ends; yields what is left then.

    Interruptions are not heard meanwhile: what costs money is removed first.
    """
    left: list[str] = []
    try:
        yield left
    finally:
        former = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
        console.print(f"\nRemoving {tier.name}; Ctrl-C waits for it.", markup=False)
        try:
            left.extend(_remove(tier))
        except (BotoCoreError, ClientError) as error:
            left.append(f"it is not known what: {error}")
        for line in left:
            console.print(f"  left behind: {line}", markup=False)
        if left:
            again = f"make destroy TIER={tier.name} SETTINGS={SETTINGS}"
            console.print(f"Remove it by hand, or try again: {again}", markup=False)
        for number, handler in former.items():
            signal.signal(number, handler)


def _remove(tier: VerifiedTier) -> list[str]:
    stacks = tier.stacks
    for attempt in range(ATTEMPTS):
        if not deployed_stacks(stacks):
            break
        if attempt:
            time.sleep(PAUSE_SECONDS)
        _settle_updates(stacks)
        subprocess.run(
            tier.command("destroy"),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            check=False,
            # Node lets its children hear what it was told to ignore: Ctrl-C must not reach them.
            start_new_session=True,
        )
    with step("Look for what is left") as looking:
        deadline = time.monotonic() + GONE_SECONDS
        remove_logs(stacks)
        while (left := remains(stacks)) and time.monotonic() < deadline:
            looking.note(f"{len(left)} resources")
            time.sleep(LOOK_SECONDS)
            remove_logs(stacks)
        looking.failed = bool(left)
        looking.result = f"{len(left)} resources" if left else "nothing"
    return left


def _settle_updates(stacks: TierStacks) -> None:
    """Wait for updates, during which CloudFormation deletes no stack."""
    for stack in deployed_stacks(stacks):
        if stacks.is_changing(stack) and stacks.status(stack).startswith("UPDATE_"):
            with step(f"Wait until CloudFormation is through with {stack}"):
                stacks.settle(stack)
