"""The order in which a tier is deployed: bucket, data, model, API."""

from collections.abc import Mapping
from typing import Any

import boto3

from data_prep.training_files import DatasetFiles, read_training_files
from data_prep.upload import upload_file
from deployment.cdk_cli import CdkCli
from deployment.progress import step
from deployment.tier_stacks import TierStacks


def roll_out(cdk: CdkCli, *, dataset: DatasetFiles | None) -> None:
    """Deploy a tier's three stacks, from a cloud assembly that `cdk.synth()` has written.

    They cannot be deployed at once the first time: the training job of the second stack
    needs data in the bucket of the first.

    Args:
        cdk: the CLI, for the tier.
        dataset: what to train on, or None to keep the data that the tier was last trained on.

    Raises:
        CdkError: a stack could not be deployed; CloudFormation has rolled it back.
        data_prep.errors.DataPrepError: the data cannot be trained on. Nothing was uploaded.
    """
    stacks = TierStacks(cdk.tier)
    _deploy(cdk, stacks, stacks.training_job)
    parameters = {}
    if dataset is not None:
        parameters = upload(dataset, bucket=stacks.data_bucket())
    _deploy(cdk, stacks, stacks.machine_learning, parameters)
    _deploy(cdk, stacks, stacks.sentiment_analysis)


def retrain(cdk: CdkCli, *, parameters: Mapping[str, str]) -> None:
    """Deploy a tier's model anew, on other data. Bucket and API stay as they are.

    Args:
        cdk: the CLI, for a tier that is deployed.
        parameters: `TrainKey` and `TestKey`.

    Raises:
        CdkError: the new model was refused, or could not be made. The old one goes on serving.
    """
    stacks = TierStacks(cdk.tier)
    cdk.synth()
    _deploy(cdk, stacks, stacks.machine_learning, parameters)


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


def _deploy(
    cdk: CdkCli, stacks: TierStacks, stack: str, parameters: Mapping[str, str] | None = None
) -> None:
    # A deployment whose CLI was killed goes on without it. CloudFormation refuses a second one, and
    # the CLI may see nothing to deploy: it compares with the stack as it was before the first.
    if stacks.is_changing(stack):
        with step(f"Wait for the deployment of {stack} that is under way"):
            stacks.settle(stack)
    cdk.deploy(stack, parameters)
