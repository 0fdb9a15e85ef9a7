"""The order in which a tier is deployed: bucket, data, model, API."""

from collections.abc import Mapping
from typing import Any

import boto3

from data_prep.dataset.training_files import DatasetFiles, read_training_files
from data_prep.upload import upload_file
from deployment.cdk_cli import CdkCli
from deployment.progress import step
from deployment.tier_stacks import TierStacks

TRAINED_HERE = {"ModelDataUrl": ""}
"""Said with every new training data: else a model that was promoted would go on being served."""


def roll_out(
    cdk: CdkCli, *, dataset: DatasetFiles | None, parameters: Mapping[str, str] | None = None
) -> None:
    """Deploy a tier's three stacks, from a cloud assembly that `cdk.synth()` has written.

    They cannot be deployed at once the first time: the training job of the second stack
    needs data in the bucket of the first.

    Args:
        cdk: the CLI, for the tier.
        dataset: what to train on, or None to keep the data that the tier was last trained on.
        parameters: further parameters of the model's stack.

    Raises:
        CdkError: a stack could not be deployed; CloudFormation has rolled it back.
        data_prep.errors.DataPrepError: the data cannot be trained on. Nothing was uploaded.
    """
    stacks = TierStacks(cdk.tier)
    deploy_stack(cdk, stacks.training_job)
    data = upload(dataset, bucket=stacks.data_bucket()) | TRAINED_HERE if dataset else {}
    deploy_stack(cdk, stacks.machine_learning, data | dict(parameters or {}))
    deploy_stack(cdk, stacks.sentiment_analysis)


def retrain(cdk: CdkCli, *, parameters: Mapping[str, str]) -> None:
    """Deploy a tier's model anew, on other data. Bucket and API stay as they are.

    Args:
        cdk: the CLI, for a tier that is deployed.
        parameters: `TrainKey` and `TestKey`, and others of the model's stack.

    Raises:
        CdkError: the new model was refused, or could not be made. The old one goes on serving.
    """
    cdk.synth()
    deploy_stack(cdk, TierStacks(cdk.tier).machine_learning, {**TRAINED_HERE, **parameters})


def upload(dataset: DatasetFiles, *, bucket: str) -> dict[str, str]:
    """Put a dataset's files into the bucket; returns the stack parameters that name them."""
    with step("Upload the data") as uploading:
        files = read_training_files(dataset)
        s3: Any = boto3.client("s3")
        sent = [
            upload_file(s3, file, bucket=bucket, key=key, progress=lambda _: None)
            for file, key in files.objects
        ]
        uploading.result = files.train_key if any(sent) else "already there"
    return {"TrainKey": files.train_key, "TestKey": files.test_key}


def deploy_stack(cdk: CdkCli, stack: str, parameters: Mapping[str, str] | None = None) -> None:
    """Deploy one stack of the assembly, once CloudFormation is through with it.

    A deployment whose CLI was killed goes on without it. CloudFormation refuses a second one, and
    the CLI may see nothing to deploy: it compares with the stack as it was before the first.

    Raises:
        CdkError: it could not be deployed; CloudFormation has rolled it back.
    """
    settle(stack, TierStacks(cdk.tier))
    cdk.deploy(stack, parameters)


def settle(stack: str, stacks: TierStacks) -> None:
    """Wait for a deployment that is under way."""
    if stacks.is_changing(stack):
        with step(f"Wait for the deployment of {stack} that is under way"):
            stacks.settle(stack)
