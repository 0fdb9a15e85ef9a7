"""A CloudFormation with the stacks of some tiers, for the commands that look before they act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

BUCKET = "AWS::S3::Bucket"


@dataclass
class FakeStack:
    """A stack of one bucket and one log group."""

    status: str = "CREATE_COMPLETE"
    retains: bool = False
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> dict[str, Any]:
        policy = {"DeletionPolicy": "Retain"} if self.retains else {"DeletionPolicy": "Delete"}
        return {
            "Resources": {
                "Bucket": {"Type": BUCKET, **policy},
                "Logs": {"Type": "AWS::Logs::LogGroup", **policy},
                "Role": {"Type": "AWS::IAM::Role"},
            }
        }


class FakeCloudFormation:
    """Stands for boto3's client, of any service: these commands ask no other."""

    def __init__(self, stacks: Mapping[str, FakeStack]) -> None:
        self.stacks = dict(stacks)

    def client(self, service: str, **_: Any) -> "FakeCloudFormation":
        assert service == "cloudformation"
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if StackName not in self.stacks:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        stack = self.stacks[StackName]
        outputs = [{"OutputKey": k, "OutputValue": v} for k, v in stack.outputs.items()]
        return {"Stacks": [{"StackStatus": stack.status, "Outputs": outputs}]}

    def get_template(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        return {"TemplateBody": self.stacks[StackName].template}

    def get_paginator(self, operation: str) -> "FakeCloudFormation":
        assert operation == "list_stack_resources"
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803
        resources = self.stacks[StackName].template["Resources"]
        return [
            {
                "StackResourceSummaries": [
                    {
                        "LogicalResourceId": name,
                        "ResourceType": content["Type"],
                        "PhysicalResourceId": f"{StackName}-{name}".lower(),
                    }
                ]
            }
            for name, content in resources.items()
        ]
