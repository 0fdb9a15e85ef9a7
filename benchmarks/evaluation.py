"""How long the evaluation of a deployed model takes, and whether it agrees with fastText's own.

Deploy a tier on the embedded AWS, and evaluate the model that it serves on a file of labelled
lines, as `data_prep prepare` writes them:

    make deploy TIER=Sandbox
    python -m benchmarks.evaluation --file test.txt

Each run invokes the evaluation's Lambda function as CloudFormation would, with a file that it has
not seen, which it compares with the tier's training file. The peer is
fastText's `test` on the same model and file.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from deployment.tier_stacks import TierStacks
from local_aws.sagemaker.ml_root import MlRoot

PREFIXES = ("datasets/benchmark/", "evaluations/benchmark/")


def function_name(stack: str) -> str:
    """The evaluation's function."""
    resources = boto3.client("cloudformation").describe_stack_resources(StackName=stack)
    return next(
        str(resource["PhysicalResourceId"])
        for resource in resources["StackResources"]
        if resource["ResourceType"] == "AWS::Lambda::Function"
        and resource["LogicalResourceId"].startswith("EvaluationEvaluate")
    )


def evaluate(function: str, properties: dict[str, str]) -> tuple[float, dict[str, Any]]:
    """Seconds that one evaluation took, and its answer."""
    client = boto3.client(
        "lambda", config=Config(read_timeout=900, retries={"total_max_attempts": 1})
    )
    event = {"RequestType": "Create", "ResourceProperties": properties}
    start = time.perf_counter()
    response = client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    seconds = time.perf_counter() - start
    answer: dict[str, Any] = json.loads(response["Payload"].read())
    if "Data" not in answer:
        sys.exit(answer.get("errorMessage", str(answer)))
    return seconds, answer["Data"]


def fasttext_accuracy(model_data_url: str, file: Path) -> float:
    """What fastText's own `test` says of the same model."""
    bucket, _, key = model_data_url.removeprefix("s3://").partition("/")
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "model.tar.gz"
        boto3.client("s3").download_file(bucket, key, str(archive))
        MlRoot(Path(folder)).unpack_model(archive)
        command = [sys.executable, "-m", "local_aws.blazingtext.evaluate"]
        output = subprocess.check_output([*command, f"{folder}/model/model.bin", str(file)])
    accuracy: float = json.loads(output)["accuracy"]
    return accuracy


def main() -> None:
    """Print a line a run, and the peer's figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--file", type=Path, required=True, help="labelled lines")
    parser.add_argument("--tier", default="Sandbox")
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    stacks = TierStacks(options.tier)
    outputs, bucket = stacks.outputs(stacks.machine_learning), stacks.data_bucket()
    function = function_name(stacks.training_job)
    train_key = stacks.parameters(stacks.machine_learning).get("TrainKey", "")
    s3 = boto3.client("s3")
    rows = 0
    try:
        for calibrate in ("true", "false"):
            for run in range(options.runs):
                # A blank line more is another file with the same figures.
                content = options.file.read_bytes() + b"\n" * run
                rows = content.count(b"\n") - run
                key = f"{PREFIXES[0]}{run}.txt"
                s3.put_object(Bucket=bucket, Key=key, Body=content)
                seconds, data = evaluate(
                    function,
                    {
                        "ModelDataUrl": outputs["ModelDataUrl"],
                        "TrainingJobName": "benchmark",
                        "BucketName": bucket,
                        "EvaluationKey": key,
                        "MinimumAccuracy": "0",
                        "MinimumMacroF1": "0",
                        "Calibrate": calibrate,
                        "TrainKey": train_key,
                        # What is measured is time: any file will do.
                        "AcceptOverlap": train_key,
                    },
                )
                print(f"calibrate={calibrate}: {seconds:.2f} s, accuracy {data['Accuracy']}")
    finally:
        for prefix in PREFIXES:
            for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
    peer = fasttext_accuracy(outputs["ModelDataUrl"], options.file)
    print(f"{rows:,} rows; fastText's own test: accuracy {peer:.4f}")
    print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
