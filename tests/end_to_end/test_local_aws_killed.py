"""The embedded AWS is killed in the middle of a stack operation, and started again.

Every resource has a fixed name: one that is left behind without an owner, or that a stack only
believes to have, is in the way of the next operation.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.leftovers import owned_processes
from tests.end_to_end.conftest import free_port, wait_until
from tests.end_to_end.killing import moments
from tests.end_to_end.stand_in import (
    EXECUTION_ROLE,
    ROOT,
    StandInAws,
    create_role,
    endpoint_template,
)

STACK = "Killed"
ENDPOINT = "fixed-endpoint"
OPERATION_SECONDS = 1.2
"""About what an operation takes; which part of it is done when it is killed is left to chance."""
KILLS = 3

CUSTOM_RESOURCE = """
import json
import time
import urllib.request

def handler(event, context):
    time.sleep(0.5)
    answer = {
        "Status": "SUCCESS",
        "PhysicalResourceId": event.get("PhysicalResourceId", event["RequestId"]),
        "Data": {"Answer": event["ResourceProperties"]["Answer"]},
    }
    answer |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"
    )
    urllib.request.urlopen(request).close()
"""


class KeptAws(StandInAws):
    """One that keeps its state, and comes and goes at one address."""

    def __init__(self, state: Path) -> None:
        self.state, self._port = state, free_port()
        self._clients: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.kept_stand_in_aws", str(self._port), str(self.state)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()

    def kill_and_start(self) -> None:
        processes = {self.process.pid, *owned_processes(self.state)}
        self.process.kill()
        self.process.communicate()
        self.start()
        assert processes & set(owned_processes(self.state)) == set()

    def begin(self, action: str, answer: str = "") -> None:
        """Start an operation on the stack; returns at once."""
        given: dict[str, Any] = {}
        if action != "delete":
            # The role has a name of its own.
            given["Capabilities"] = ["CAPABILITY_NAMED_IAM"]
            given["TemplateBody"] = json.dumps(self.template(answer))
        getattr(self.client("cloudformation"), f"{action}_stack")(StackName=STACK, **given)

    def finish(self, action: str, answer: str = "") -> str:
        """Carry an operation out; returns the status that it ends with."""
        self.begin(action, answer)
        return self.settle_if_any()

    def settle_if_any(self) -> str:
        stacks = self.client("cloudformation").list_stacks()["StackSummaries"]
        live = [one for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"]
        if not live:
            return "NONE"
        status = self.settle(live[0]["StackId"])
        return "NONE" if status == "DELETE_COMPLETE" else status

    def template(self, answer: str) -> dict[str, Any]:
        template = endpoint_template(f"s3://data/models/{answer}/output/model.tar.gz")
        resources = template["Resources"]
        resources["Model"]["DependsOn"] = "Custom"
        resources["Endpoint"]["Properties"]["EndpointName"] = ENDPOINT
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        role = {
            "RoleName": "fixed-role",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        }
        function = {
            "FunctionName": "fixed-function",
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Timeout": 30,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Code": {"ZipFile": CUSTOM_RESOURCE},
        }
        custom = {
            "ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]},
            "ServiceTimeout": 30,
            "Answer": answer,
        }
        parameter = {
            "Name": f"/fixed/{answer}",
            "Type": "String",
            "Value": {"Fn::GetAtt": ["Custom", "Answer"]},
        }
        template["Resources"] = {
            "Role": {"Type": "AWS::IAM::Role", "Properties": role},
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "fixed-bucket"}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Custom": {"Type": "Custom::Answer", "Properties": custom},
            f"Parameter{answer}": {"Type": "AWS::SSM::Parameter", "Properties": parameter},
            **resources,
        }
        template["Outputs"]["Answer"] = {"Value": {"Fn::GetAtt": ["Custom", "Answer"]}}
        return template

    def existing(self) -> list[str]:
        """Everything that such a stack creates, models and configs by their number."""
        sagemaker = self.client("sagemaker")
        buckets = self.client("s3").list_buckets()["Buckets"]
        functions = self.client("lambda").list_functions()["Functions"]
        parameters = self.client("ssm").describe_parameters()["Parameters"]
        roles = self.client("iam").list_roles()["Roles"]
        return [
            *(one["EndpointName"] for one in sagemaker.list_endpoints()["Endpoints"]),
            *("config" for _ in sagemaker.list_endpoint_configs()["EndpointConfigs"]),
            *("model" for _ in sagemaker.list_models()["Models"]),
            *(one["Name"] for one in buckets if one["Name"] != "data"),
            *(one["FunctionName"] for one in functions),
            *(one["Name"] for one in parameters),
            *(one["RoleName"] for one in roles if one["Arn"] != EXECUTION_ROLE),
        ]

    def is_whole(self, answer: str) -> bool:
        """Whether there is exactly one stack's worth, which gives this answer."""
        assert self.existing() == [
            *(ENDPOINT, "config", "model", "fixed-bucket", "fixed-function"),
            f"/fixed/{answer}",
            "fixed-role",
        ]
        return bool(self.outputs(STACK)["Answer"] == self.invoke(ENDPOINT) == answer)


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[KeptAws]:
    aws = KeptAws(tmp_path.resolve())
    aws.client("s3").create_bucket(Bucket="data")
    create_role(aws.client("iam"), "sagemaker.amazonaws.com")
    for answer in ("one", "two"):
        aws.upload_model(answer)
    # What changed in the last second may be lost; these tests are about the stack.
    roles = aws.state / "ministack/iam.json"
    wait_until(lambda: roles.exists() and EXECUTION_ROLE in roles.read_text())
    yield aws
    aws.stop()
    assert owned_processes(aws.state) == []


def wait_for(moment: float) -> None:
    time.sleep(moment * OPERATION_SECONDS)


def test_creation_that_is_killed_leaves_a_whole_stack_or_nothing(aws: KeptAws) -> None:
    for moment in moments(KILLS):
        aws.begin("create", "one")
        wait_for(moment)
        aws.kill_and_start()
        status = aws.settle_if_any()
        if status == "CREATE_COMPLETE":
            assert aws.is_whole("one")
        else:
            assert (status in {"ROLLBACK_COMPLETE", "NONE"}, aws.existing()) == (True, [])
            assert aws.finish("delete") == "NONE"
            assert aws.finish("create", "one") == "CREATE_COMPLETE"
            assert aws.is_whole("one")
        assert aws.finish("delete") == "NONE"


def test_update_that_is_killed_leaves_the_old_or_the_new_stack(aws: KeptAws) -> None:
    assert aws.finish("create", "one") == "CREATE_COMPLETE"
    old, new = "one", "two"
    for moment in moments(KILLS):
        aws.begin("update", new)
        wait_for(moment)
        aws.kill_and_start()
        aws.settle_if_any()
        if aws.outputs(STACK)["Answer"] == old:
            assert aws.is_whole(old)
            assert aws.finish("update", new) == "UPDATE_COMPLETE"
        assert aws.is_whole(new)
        old, new = new, old


def test_rollback_that_is_killed_too_goes_on(aws: KeptAws) -> None:
    assert aws.finish("create", "one") == "CREATE_COMPLETE"
    aws.begin("update", "two")
    time.sleep(0.5)
    aws.kill_and_start()
    time.sleep(0.3)
    aws.kill_and_start()
    aws.settle_if_any()
    assert aws.is_whole("one")


def test_deletion_that_is_killed_goes_on(aws: KeptAws) -> None:
    for moment in moments(KILLS):
        assert aws.finish("create", "one") == "CREATE_COMPLETE"
        aws.begin("delete")
        wait_for(moment / 2)
        aws.kill_and_start()
        if aws.settle_if_any() != "NONE":
            # It had not been saved that it was to be deleted.
            assert aws.is_whole("one")
            assert aws.finish("delete") == "NONE"
        assert aws.existing() == []
