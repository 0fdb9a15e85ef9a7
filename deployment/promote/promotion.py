"""Brings a model that is there already into a tier, which serves it without training."""

from collections.abc import Callable
from typing import Any

import boto3

from deployment.cdk_cli import CdkCli
from deployment.errors import CdkError
from deployment.hosting_change import check_hosting_change
from deployment.progress import Step, step
from deployment.promote.object_copies import CopyError, copy_object, head
from deployment.promote.served_artifact import ServedArtifact
from deployment.rollout import deploy_model, deploy_operations, deploy_stack
from deployment.served_model import refused
from deployment.stack_parameters import Given
from deployment.tier_stacks import TierStacks
from tier_layout.s3_address import S3Address

MEGABYTE = 1e6

Bring = Callable[[str], dict[str, str]]
"""Puts a model into a tier's bucket, and returns the stack parameters that serve it: of those
that belong to the data, what it does not name is empty again."""


def roll_out_model(cdk: CdkCli, bring: Bring, *, given: Given) -> dict[str, str]:
    """Deploy a tier's stacks, from an assembly that `cdk.synth()` has written.

    Args:
        cdk: the CLI, for the tier; it may never have been deployed.
        bring: is called with the name of the tier's bucket.
        given: further parameters of the model's stack.

    Returns:
        The outputs of the model's stack before; empty when there was none.

    Raises:
        CdkError: the tier refuses the model, or a stack could not be deployed.
        ValueError: the model could not be brought. The tier serves what it served.
    """
    check_hosting_change(cdk)
    stacks = TierStacks(cdk.tier)
    former = stacks.outputs(stacks.machine_learning)
    try:
        deploy_stack(cdk, stacks.training_job)
        brought = bring(stacks.data_bucket())
        deploy_model(cdk, data=brought, given=given)
    except CdkError as error:
        raise refused(error, tier=cdk.tier, former=former) from error
    deploy_stack(cdk, stacks.sentiment_analysis)
    deploy_operations(cdk, given=given)
    return former


def copy_artifact(artifact: ServedArtifact, bucket: str) -> dict[str, str]:
    """Copy a tier's model, its data and its evaluation to another tier's bucket.

    Returns:
        The stack parameters that serve the model there.

    Raises:
        CopyError: something that is needed is not there, or is another object in the bucket.
    """
    s3: Any = boto3.client("s3")
    with step(f"Copy what {artifact.tier} serves") as copying:
        sent = 0
        proofs: set[str] = set()
        for item in artifact.items(s3):
            source = (
                artifact.model if item.what == "model" else S3Address(artifact.bucket, item.key)
            )
            found = head(s3, source)
            if found is None:
                if item.needed:
                    raise CopyError(
                        f"The {item.what} of {artifact.tier} is gone: there is no object "
                        f"{source}. Put it back, or train {artifact.tier} anew."
                    )
                copying.say(f"{item.what}: {source} is not there (any more), and is left out")
                continue
            size = found["ContentLength"]
            copied = copy_object(
                s3,
                source,
                S3Address(bucket, item.key),
                replace=item.replace,
                progress=_shown(copying, item.what, size),
            )
            sent += copied.sent
            proofs.add(copied.compared_by)
            state = "copied" if copied.sent else "already there"
            copying.say(f"{item.what}: {item.key} {state} ({size:,} bytes)")
        identical = f"the same bytes by {' or '.join(sorted(proofs))}"
        copying.result = identical if sent else f"already there, {identical}"
    return artifact.parameters(bucket)


def _shown(copying: Step, what: str, size: int) -> Callable[[int], None]:
    done = 0

    def show(count: int) -> None:
        nonlocal done
        done += count
        copying.note(f"{what}: {done / MEGABYTE:,.0f} of {size / MEGABYTE:,.0f} MB")

    return show
