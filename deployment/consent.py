"""Asks before a deployment takes something from a tier that retains its data."""

from collections.abc import Sequence

from deployment.cdk_cli import CdkCli
from deployment.confirmation import confirm
from deployment.deployed_tier import retains_data
from deployment.progress import console
from deployment.template_diff import losses
from deployment.tier_stacks import TierStacks


def require_consent(cdk: CdkCli, stacks: Sequence[str], *, given: bool) -> None:
    """Have a person agree to what a deployment replaces or deletes, if that was not done before.

    A tier that retains nothing is not asked about, nor is what every retraining replaces.

    Args:
        cdk: after `cdk.synth()`.
        stacks: those that are about to be deployed.
        given: whether the command line has agreed (`--yes`).

    Raises:
        ValueError: there is something to agree to, and nobody who could be asked.
        WorkFailedError: the person does not agree. Nothing was deployed.
    """
    if not retains_data(TierStacks(cdk.tier)):
        return
    asked = [loss for loss in losses(cdk, cdk.diff(stacks)) if not loss.by_design]
    if not asked:
        return
    listed = "\n".join(f"  {loss}" for loss in asked)
    question = (
        f"{cdk.tier} retains its data, and this deployment takes something from it:\n{listed}"
    )
    if given:
        console.print(question, markup=False)
        return
    confirm(question, expected="yes", said_already="--yes")
