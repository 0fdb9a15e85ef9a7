"""The order in which a tier is deployed: bucket, data, model, API, and what watches them."""

from collections.abc import Mapping, Sequence
from typing import Any

import boto3

from data_prep.dataset.training_files import DatasetFiles, read_training_files
from data_prep.upload import upload_file
from deployment.cdk_cli import CdkCli
from deployment.endpoint_logs import check_endpoint_logs
from deployment.hosting_change import check_hosting_change, prepare_hosting_change
from deployment.progress import console, step
from deployment.stack_parameters import Choice, Given, choose, shown, synthesized_parameters
from deployment.tier_stacks import TierStacks
from deployment.watching import is_watched, watching_parameters


def roll_out(cdk: CdkCli, *, dataset: DatasetFiles | None, given: Given | None = None) -> None:
    """Deploy a tier's stacks, from a cloud assembly that `cdk.synth()` has written.

    They cannot be deployed at once the first time: the training job of the second stack
    needs data in the bucket of the first.

    Args:
        cdk: the CLI, for the tier.
        dataset: what to train on, or None to keep the data that the tier was last trained on.
        given: further parameters of the model's stack, and of the one that watches.

    Raises:
        CdkError: a stack could not be deployed; CloudFormation has rolled it back.
        data_prep.errors.DataPrepError: the data cannot be trained on. Nothing was uploaded.
        ValueError: the endpoint cannot be hosted as the settings ask. Nothing was deployed.
    """
    check_hosting_change(cdk)
    stacks = TierStacks(cdk.tier)
    deploy_stack(cdk, stacks.training_job)
    data = upload(dataset, bucket=stacks.data_bucket()) if dataset else None
    deploy_model(cdk, data=data, given=given or Given())
    deploy_stack(cdk, stacks.sentiment_analysis)
    deploy_operations(cdk, given=given or Given())


def upload(dataset: DatasetFiles, *, bucket: str) -> dict[str, str]:
    """Put a dataset's files into the bucket; returns the stack parameters that name them."""
    with step("Upload the data") as uploading:
        files = read_training_files(dataset)
        for note in files.notes:
            console.print(f"    {note}", markup=False)
        s3: Any = boto3.client("s3")
        sent = [upload_file(s3, file, bucket=bucket, key=key) for file, key in files.objects]
        uploading.result = files.keys.train if any(sent) else "already there"
    return files.keys.parameters


def deploy_model(cdk: CdkCli, *, data: Mapping[str, str] | None, given: Given) -> None:
    """Deploy the model's stack, and show what its parameters are and who decided them.

    Args:
        cdk: the CLI, after `cdk.synth()`.
        data: the parameters that name new data, or a model that was brought; None keeps both.
        given: further parameters.

    Raises:
        CdkError: the new model was refused, or could not be made. The old one goes on serving.
        ValueError: the endpoint cannot be hosted as the settings ask, or its log group is in the
            way. Nothing was deployed.
    """
    stacks = TierStacks(cdk.tier)
    settle(stacks.machine_learning, stacks)
    check_hosting_change(cdk)
    check_endpoint_logs(stacks)
    prepare_hosting_change(cdk)
    choices = choose(
        synthesized_parameters(cdk),
        deployed=stacks.kept_parameters(stacks.machine_learning),
        given=given,
        data=data,
    )
    _deploy_with(cdk, stacks.machine_learning, choices)


def deploy_operations(cdk: CdkCli, *, given: Given) -> None:
    """Deploy the stack that watches the others, where the tier is watched.

    Args:
        cdk: the CLI, after `cdk.synth()`.
        given: parameters; those of other stacks are of no effect.

    Raises:
        CdkError: it could not be deployed; CloudFormation has rolled it back.
    """
    if not is_watched(cdk):
        return
    stacks = TierStacks(cdk.tier)
    settle(stacks.operations, stacks)
    _deploy_with(cdk, stacks.operations, watching_parameters(cdk, given))


def _deploy_with(cdk: CdkCli, stack: str, choices: Sequence[Choice]) -> None:
    for line in shown(choices):
        console.print(f"    {line}", markup=False)
    cdk.deploy(
        stack, {choice.name: choice.passed for choice in choices if choice.passed is not None}
    )


def deploy_stack(cdk: CdkCli, stack: str) -> None:
    """Deploy one stack of the assembly, once CloudFormation is through with it.

    A deployment whose CLI was killed goes on without it. CloudFormation refuses a second one, and
    the CLI may see nothing to deploy: it compares with the stack as it was before the first.

    Raises:
        CdkError: it could not be deployed; CloudFormation has rolled it back.
    """
    settle(stack, TierStacks(cdk.tier))
    cdk.deploy(stack)


def settle(stack: str, stacks: TierStacks) -> None:
    """Wait for a deployment that is under way."""
    if stacks.is_changing(stack):
        with step(f"Wait for the deployment of {stack} that is under way"):
            stacks.settle(stack)
