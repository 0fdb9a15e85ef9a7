"""What tests of the embedded AWS share: one with stand-ins for the containers."""

import io
import json
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3

from local_aws.environment import client_environment

ROOT = Path(__file__).parents[2]
KEYS = client_environment("")
EXECUTION_ROLE = "arn:aws:iam::000000000000:role/execution"


class StandInAws:
    """An embedded AWS in a process of its own, with stand-ins for the containers."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.stand_in_aws"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.url,
                region_name="us-east-1",
                aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
            )
        return self._clients[service]

    def stop(self) -> int:
        self.process.communicate()
        for client in self._clients.values():
            client.close()
        return self.process.returncode

    def upload_model(self, answer: str) -> str:
        packed, content = io.BytesIO(), answer.encode()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            member = tarfile.TarInfo("model.bin")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        key = f"models/{answer}/output/model.tar.gz"
        self.client("s3").put_object(Bucket="data", Key=key, Body=packed.getvalue())
        return f"s3://data/{key}"

    def invoke(self, endpoint: str, content_type: str = "application/json") -> Any:
        answer = self.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType=content_type, Body=b"{}"
        )
        return json.load(answer["Body"])

    def deploy(self, stack: str, template: dict[str, Any], action: str = "create") -> str:
        """Create or update a stack; returns the status that it ends with."""
        cloudformation = self.client("cloudformation")
        getattr(cloudformation, f"{action}_stack")(
            StackName=stack, TemplateBody=json.dumps(template)
        )
        return self.settle(stack)

    def settle(self, stack: str) -> str:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            status = self.stack(stack)["StackStatus"]
            if not status.endswith("_IN_PROGRESS"):
                return str(status)
            time.sleep(0.05)
        raise AssertionError(f"{stack} did not settle")

    def stack(self, name: str) -> dict[str, Any]:
        described: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)
        stack: dict[str, Any] = described["Stacks"][0]
        return stack

    def outputs(self, name: str) -> dict[str, str]:
        return {row["OutputKey"]: row["OutputValue"] for row in self.stack(name)["Outputs"]}

    def events(self, stack: str) -> str:
        rows = self.client("cloudformation").describe_stack_events(StackName=stack)
        return "\n".join(row.get("ResourceStatusReason", "") for row in rows["StackEvents"])

    def delete(self, stack: str) -> None:
        cloudformation = self.client("cloudformation")
        cloudformation.delete_stack(StackName=stack)
        cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )


def create_role(iam: Any, service: str, name: str = "execution") -> str:
    """A role that a service may assume, and that may do everything; returns its ARN."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy(everything))
    return str(role["Role"]["Arn"])


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


@contextmanager
def running_stand_in() -> Iterator[StandInAws]:
    """One that runs, with a bucket `data` and the role `execution` in it."""
    aws = StandInAws()
    assert create_role(aws.client("iam"), "sagemaker.amazonaws.com") == EXECUTION_ROLE
    aws.client("s3").create_bucket(Bucket="data")
    aws.client("s3").put_object(Bucket="data", Key="train.txt", Body=b"__label__a good\n")
    yield aws
    assert aws.stop() == 0


# A string, as templates may carry it.
SERVERLESS = {"ServerlessConfig": {"MemorySizeInMB": "2048", "MaxConcurrency": 5}}


def endpoint_template(
    model_data_url: str, hosting: Mapping[str, Any] = SERVERLESS, **model: str
) -> dict[str, Any]:
    """A Model, its EndpointConfig and an Endpoint, as the stacks compose them."""
    variant = {
        "VariantName": "AllTraffic",
        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
        **hosting,
    }
    container = {"Image": "blazingtext:1", "ModelDataUrl": model_data_url}
    return {
        "Resources": {
            "Model": {
                "Type": "AWS::SageMaker::Model",
                "Properties": {"PrimaryContainer": container, "ExecutionRoleArn": EXECUTION_ROLE}
                | model,
            },
            "Config": {
                "Type": "AWS::SageMaker::EndpointConfig",
                "Properties": {"ProductionVariants": [variant]},
            },
            "Endpoint": {
                "Type": "AWS::SageMaker::Endpoint",
                "Properties": {
                    "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}
                },
            },
        },
        "Outputs": {
            "EndpointName": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
            "EndpointArn": {"Value": {"Ref": "Endpoint"}},
            "ModelName": {"Value": {"Fn::GetAtt": ["Model", "ModelName"]}},
        },
    }
