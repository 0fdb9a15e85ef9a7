"""An AWS with tiers that are deployed or not, for `promote`, and a CDK CLI that deploys to it."""

import json
import os
import stat
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.deployment.fake_template import model_template, operations_template
from tests.unit.deployment.promote.fake_buckets import FakeBuckets

JOB = "Sandbox-blazingtext-0123456789ab"
MODEL_KEY = f"models/{JOB}/output/model.tar.gz"
DATASET = "datasets/aa93553e0f7a"
KEYS = {"TrainKey": f"{DATASET}/train.txt", "TestKey": f"{DATASET}/test.txt"}
GATE = "The model reaches an accuracy of 0.8912, and the gate demands at least 0.99"
CDK = f"""
import json, pathlib, sys
here = pathlib.Path(sys.argv[0]).parent
with (here / "calls").open("a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
if sys.argv[1] == "synth":
    output = pathlib.Path(sys.argv[sys.argv.index("--output") + 1])
    output.mkdir(parents=True, exist_ok=True)
    for tier in ("Production", "Sandbox"):
        (output / f"{{tier}}-MachineLearningInfrastructure.template.json").write_text(
            {json.dumps(model_template())!r})
        (output / f"{{tier}}-Operations.template.json").write_text(
            {json.dumps(operations_template())!r})
refused = here / "refused"
if sys.argv[1] == "deploy" and refused.exists() and refused.read_text() in sys.argv[2]:
    sys.exit({GATE!r})
"""
"""It writes templates with parameters, and refuses what the file `refused` names."""


def outputs_of(tier: str) -> dict[str, dict[str, str]]:
    """What the stacks of a tier say that has trained its model."""
    bucket = f"{tier.lower()}-bucket"
    job = JOB.replace("Sandbox", tier)
    return {
        f"{tier}-TrainingJob": {"DataBucketName": bucket},
        f"{tier}-MachineLearningInfrastructure": {
            "TrainingJobName": job,
            "ValidationAccuracy": "0.87",
            "Accuracy": "0.8912",
            "ModelDataUrl": f"s3://{bucket}/{MODEL_KEY.replace('Sandbox', tier)}",
        },
        f"{tier}-SentimentAnalysis": {
            "ApiUrl": f"https://{tier.lower()}/v1/",
            "ApiKeyId": "key",
        },
    }


@dataclass
class FakeAws:
    """Sandbox is deployed; Production is there as far as `cdk deploy` was called for it."""

    folder: Path
    s3: FakeBuckets = field(default_factory=FakeBuckets)
    outputs: dict[str, dict[str, str]] = field(default_factory=lambda: outputs_of("Sandbox"))
    parameters: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"Sandbox-MachineLearningInfrastructure": dict(KEYS)}
    )
    statuses: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        cdk = self.folder / "cdk"
        cdk.write_text(f"#!{sys.executable}\n{CDK}")
        cdk.chmod(cdk.stat().st_mode | stat.S_IXUSR)

    @property
    def path(self) -> str:
        """The PATH on which its CDK CLI is."""
        return f"{self.folder}{os.pathsep}{os.environ['PATH']}"

    def client(self, service: str, **_: object) -> Any:
        """In place of boto3.client."""
        return self.s3 if service == "s3" else self

    def refuse(self, stack: str) -> None:
        """Let deployments of stacks whose names hold this fail."""
        (self.folder / "refused").write_text(stack)

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of every call of the CDK CLI."""
        calls = self.folder / "calls"
        return (
            [json.loads(line) for line in calls.read_text().splitlines()] if calls.exists() else []
        )

    @property
    def deployed(self) -> list[str]:
        """The stacks that were deployed, or tried to be, in that order."""
        return [call[1] for call in self.calls if call[0] == "deploy"]

    def given(self, stack: str) -> dict[str, str]:
        """The parameters of a stack's last deployment."""
        call = next((c for c in reversed(self.calls) if c[:2] == ["deploy", stack]), [])
        pairs = (word.removeprefix(f"{stack}:") for word in call if word.startswith(f"{stack}:"))
        return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}

    def get_paginator(self, _: str) -> "FakeAws":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Stacks": [{"StackName": name} for name in self.outputs]}]

    def describe_log_groups(self, **_: str) -> dict[str, Any]:
        return {"logGroups": []}

    def get_template(self, **_: str) -> dict[str, Any]:
        """None of these tiers retains anything."""
        return {"TemplateBody": {"Resources": {}}}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        outputs = self.outputs.get(StackName)
        refused = self.folder / "refused"
        if StackName in self.deployed and not (
            refused.exists() and refused.read_text() in StackName
        ):
            outputs = outputs_of(StackName.partition("-")[0]).get(StackName, {})
            url = self.given(StackName).get("ModelDataUrl")
            if url:
                outputs |= {"ModelDataUrl": url, "TrainingJobName": url.split("/")[-3]}
        if outputs is None:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        parameters = self.parameters.get(StackName, {})
        return {
            "Stacks": [
                {
                    "StackStatus": self.statuses.get(StackName, "CREATE_COMPLETE"),
                    "Outputs": [{"OutputKey": k, "OutputValue": v} for k, v in outputs.items()],
                    "Parameters": [
                        {"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()
                    ],
                }
            ]
        }
