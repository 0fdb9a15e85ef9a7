"""An AWS that holds a tier, in any state, and answers what `status` asks."""

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from deployment.status.aws_reads import Aws
from deployment.status.fields import TierStatus
from deployment.status.read import read_status
from stacks.tiers import find_tier
from tests.unit.deployment.fake_template import model_template

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TRAINING, MODEL, API, PREPARATION = (
    f"Sandbox-{name}"
    for name in (
        "TrainingJob",
        "MachineLearningInfrastructure",
        "SentimentAnalysis",
        "DataPreparation",
    )
)
JOB = "Sandbox-blazingtext-0123456789ab"
ENDPOINT = "Sandbox-sentiment"
PREFIX = "datasets/aa93553e0f7a"
MANIFEST = {
    "format": 1,
    "command": "python -m data_prep sample",
    "normaliser_version": "73d8ba0ff20f",
    "rows_in": 10,
    "rows_out": {"train": 8000, "test": 2},
    "dropped": {},
    "bad": {},
    "labels": {"train": {"negative": 3, "positive": 7997}, "test": {"negative": 2}},
    "files": {"train.txt": {"sha256": "c6"}, "test.txt": {"sha256": "8f"}},
}
SERVERLESS = {"MemorySizeInMB": 2048, "MaxConcurrency": 10}


def refusal(code: str, message: str, status: int = 400) -> ClientError:
    """An error as boto3 raises it."""
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },  # type: ignore[typeddict-item,unused-ignore]
        "Describe",
    )


def stack(status: str = "CREATE_COMPLETE", **outputs: str) -> dict[str, Any]:
    """What CloudFormation says of a stack."""
    return {
        "StackStatus": status,
        "CreationTime": NOW - timedelta(days=2),
        "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
        "Parameters": [
            {"ParameterKey": "TrainKey", "ParameterValue": f"{PREFIX}/train.txt"},
            {"ParameterKey": "TestKey", "ParameterValue": f"{PREFIX}/test.txt"},
        ],
    }


def job(status: str = "Completed", *, age: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    """What SageMaker says of a training job that took 75 s, or has not ended."""
    started = NOW - age
    described: dict[str, Any] = {
        "TrainingJobStatus": status,
        "CreationTime": started - timedelta(seconds=30),
        "TrainingStartTime": started,
        "ResourceConfig": {"InstanceType": "ml.c5.xlarge"},
        "InputDataConfig": [
            {"ChannelName": name, "DataSource": {"S3DataSource": {"S3Uri": f"s3://bucket/{key}"}}}
            for name, key in (
                ("train", f"{PREFIX}/train.txt"),
                ("validation", f"{PREFIX}/test.txt"),
            )
        ],
    }
    if status != "InProgress":
        described["TrainingEndTime"] = started + timedelta(seconds=75)
    return described


def endpoint(status: str = "InService", **variant: Any) -> dict[str, Any]:
    """What SageMaker says of an endpoint, serverless unless `variant` says otherwise."""
    running = variant or {"CurrentServerlessConfig": SERVERLESS, "CurrentInstanceCount": 0}
    return {
        "EndpointStatus": status,
        "EndpointConfigName": "config",
        "ProductionVariants": [{"VariantName": "AllTraffic", **running}],
    }


@dataclass
class FakeTier:
    """A Sandbox that is deployed and serves; a test changes what it is about."""

    stacks: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            TRAINING: stack(DataBucketName="bucket"),
            MODEL: stack(
                EndpointName=ENDPOINT,
                TrainingJobName=JOB,
                ValidationAccuracy="0.9165",
                ModelDataUrl=f"s3://bucket/models/{JOB}/output/model.tar.gz",
            ),
            API: stack(ApiUrl="https://api/v1/", ApiKeyId="key"),
        }
    )
    jobs: dict[str, dict[str, Any]] = field(default_factory=lambda: {JOB: job()})
    """The newest first, as SageMaker is asked for them."""
    endpoints: dict[str, dict[str, Any]] = field(default_factory=lambda: {ENDPOINT: endpoint()})
    configs: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {
            "config": [{"VariantName": "AllTraffic", "ServerlessConfig": SERVERLESS}]
        }
    )
    objects: dict[str, bytes] = field(
        default_factory=lambda: {f"{PREFIX}/dataset.json": json.dumps(MANIFEST).encode()}
    )
    object_refusal: ClientError = field(default_factory=lambda: refusal("NoSuchKey", "", 404))
    page: int = 1
    """Jobs on a page."""

    def status(self, tier: str = "Sandbox") -> TierStatus:
        """What is read of the tier."""
        aws = Aws(region="eu-west-1", cloudformation=self, sagemaker=self, s3=self)
        return read_status(find_tier(tier, "Sandbox"), aws, now=NOW)

    def host_on(self, instance_type: str, count: int, status: str = "InService") -> None:
        """Let the endpoint run on instances."""
        self.endpoints[ENDPOINT] = endpoint(status, CurrentInstanceCount=count)
        self.configs["config"] = [
            {
                "VariantName": "AllTraffic",
                "InstanceType": instance_type,
                "InitialInstanceCount": count,
            }
        ]

    def describe_stacks(self, **request: Any) -> dict[str, Any]:
        name = request["StackName"]
        if name not in self.stacks:
            raise refusal("ValidationError", f"Stack with id {name} does not exist")
        return {"Stacks": [{"StackName": name} | self.stacks[name]]}

    def get_template(self, **_: Any) -> dict[str, Any]:
        return {"TemplateBody": model_template()}

    def describe_training_job(self, **request: Any) -> dict[str, Any]:
        name = request["TrainingJobName"]
        if name not in self.jobs:
            raise refusal("ValidationException", "Requested resource not found.")
        return {"TrainingJobName": name} | self.jobs[name]

    def list_training_jobs(self, **request: Any) -> dict[str, Any]:
        first = int(request.get("NextToken", 0))
        names = [name for name in self.jobs if request["NameContains"] in name]
        last = first + self.page
        summaries = [
            {"TrainingJobName": name, "CreationTime": self.jobs[name]["CreationTime"]}
            for name in names[first:last]
        ]
        token = {"NextToken": str(last)} if last < len(names) else {}
        return {"TrainingJobSummaries": summaries} | token

    def describe_endpoint(self, **request: Any) -> dict[str, Any]:
        name = request["EndpointName"]
        if name not in self.endpoints:
            raise refusal("ValidationException", f'Could not find endpoint "{name}".')
        return self.endpoints[name]

    def describe_endpoint_config(self, **request: Any) -> dict[str, Any]:
        name = request["EndpointConfigName"]
        if name not in self.configs:
            raise refusal("ValidationException", f'Could not find endpoint configuration "{name}".')
        return {"ProductionVariants": self.configs[name]}

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise self.object_refusal
        return {"Body": io.BytesIO(self.objects[request["Key"]])}
