"""The tier that is verified, as a person reaches it: commands, and the API over HTTP."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3

from deployment.tier_stacks import TierStacks
from local_aws.api_url import local_api_url
from stacks.repository import ROOT
from tests.answer import Answer

SETTINGS = "Sandbox"
TAG = "verify-on-aws"
"""The tag's key; its value is the tier's name."""
SMALL_MODEL = {"Buckets": "20000", "Epochs": "5"}
_ANSWER_SECONDS = 60
"""A serverless endpoint that was idle starts a container first."""


@dataclass(frozen=True)
class VerifiedTier:
    """A tier with the Sandbox's settings, which nobody else uses."""

    name: str
    context: tuple[str, ...]
    """`KEY=VALUE` for the CDK."""
    data: Path
    """What `data_prep prepare` has written."""

    def command(self, name: str, *options: str) -> list[str]:
        """A command of `python -m deployment` for this tier."""
        common = ["--tier", self.name]
        if name != "status":
            common += ["--settings", SETTINGS]
            common += [word for pair in self.context for word in ("--context", pair)]
        if name in {"deploy", "retrain"}:
            common += ["--tag", f"{TAG}={self.name}"]
        return [sys.executable, "-m", "deployment", name, *common, *options]

    def run(self, name: str, *options: str) -> subprocess.CompletedProcess[str]:
        """Run such a command."""
        return subprocess.run(
            self.command(name, *options),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def deploy_first(self) -> list[str]:
        """The command that creates the tier."""
        parameters = [f"--parameter={name}={value}" for name, value in SMALL_MODEL.items()]
        files = ("--train", str(self.data / "train.txt"), "--test", str(self.data / "test.txt"))
        return self.command("deploy", *files, *parameters)

    @cached_property
    def stacks(self) -> TierStacks:
        """What CloudFormation knows of it."""
        return TierStacks(self.name)

    def outputs(self) -> dict[str, str]:
        """Those of the model's stack."""
        return self.stacks.outputs(self.stacks.machine_learning)

    def training_jobs(self) -> list[str]:
        """All that the tier has ever started."""
        client: Any = boto3.client("sagemaker")
        prefix = f"{self.stacks.job_name_prefix}-"
        pages = client.get_paginator("list_training_jobs").paginate(NameContains=prefix)
        names = (job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"])
        return [name for name in names if name.startswith(prefix)]

    def role(self, stack: str, logical_id: str) -> str:
        """The ARN of the role whose logical ID begins so."""
        cloudformation: Any = boto3.client("cloudformation")
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack)
        (role,) = (
            resource["PhysicalResourceId"]
            for page in pages
            for resource in page["StackResourceSummaries"]
            if resource["ResourceType"] == "AWS::IAM::Role"
            and resource["LogicalResourceId"].startswith(logical_id)
        )
        iam: Any = boto3.client("iam")
        arn: str = iam.get_role(RoleName=role)["Role"]["Arn"]
        return arn

    def call(
        self, path: str, body: object | bytes | None = None, *, key: str | None = None
    ) -> Answer:
        """An HTTP request to the API: POST with a body, GET without."""
        headers = {"content-type": "application/json"} | ({"x-api-key": key} if key else {})
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the API's own URL
            self.url + path, data=data, headers=headers
        )
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as response:  # noqa: S310
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())

    @cached_property
    def url(self) -> str:
        """The API's: of the stack's output, or, where AWS_ENDPOINT_URL leads elsewhere, there."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint:
            return local_api_url(endpoint, self.name)
        return self.stacks.outputs(self.stacks.sentiment_analysis)["ApiUrl"]

    @cached_property
    def key(self) -> str:
        """The API key."""
        return self.stacks.api_key()


def simulated(role_arn: str, cases: Mapping[tuple[str, str], bool]) -> dict[tuple[str, str], bool]:
    """What IAM says a role may do, for each action and resource of the cases."""
    iam: Any = boto3.client("iam")
    found = {}
    for action, resource in cases:
        (result,) = iam.simulate_principal_policy(
            PolicySourceArn=role_arn, ActionNames=[action], ResourceArns=[resource]
        )["EvaluationResults"]
        found[action, resource] = result["EvalDecision"] == "allowed"
    return found
