"""The order in which a tier is deployed: bucket, data, model, API."""

from pathlib import Path
from typing import Any

import boto3

from data_prep.upload import read_training_files, upload_file
from deployment.cdk_cli import CdkCli
from deployment.progress import step
from deployment.tier_stacks import TierStacks


def roll_out(cdk: CdkCli, *, dataset: Path | None) -> None:
    """Deploy a tier's three stacks, from a cloud assembly that `cdk.synth()` has written.

    They cannot be deployed at once the first time: the training job of the second stack
    needs data in the bucket of the first.

    Args:
        cdk: the CLI, for the tier.
        dataset: a folder with `train.txt` and `test.txt`, or None to keep the data that the
            tier was last trained on.

    Raises:
        CdkError: a stack could not be deployed; CloudFormation has rolled it back.
        data_prep.errors.DataPrepError: the data cannot be trained on. Nothing was uploaded.
    """
    stacks = TierStacks(cdk.tier)
    cdk.deploy(stacks.training_job)
    parameters = {}
    if dataset is not None:
        bucket = stacks.outputs(stacks.training_job)["DataBucketName"]
        parameters = upload(dataset, bucket=bucket)
    cdk.deploy(stacks.machine_learning, parameters)
    cdk.deploy(stacks.sentiment_analysis)


def upload(dataset: Path, *, bucket: str) -> dict[str, str]:
    """Put a folder's two files into the bucket; returns the stack parameters that name them."""
    with step("Upload the data") as uploading:
        files = read_training_files(dataset)
        s3: Any = boto3.client("s3")
        sent = [
            upload_file(s3, file, bucket=bucket, key=key, progress=lambda _: None)
            for file, key in files.objects
        ]
        uploading.result = files.train_key if any(sent) else "already there"
    return {"TrainKey": files.train_key, "TestKey": files.test_key}
