"""Lambda's limits on packages and on what functions do."""

import io
import json
import sys
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.stand_in import StandInAws, running_stand_in

MIB = 1024 * 1024
FOREIGN = "pkg/_core.cpython-39-aarch64-linux-gnu.so"
HANDLER = """
import os
import tempfile
import time


def handler(event, context):
    if "memory" in event:
        held = b"x" * event["memory"]
        time.sleep(1)
        return len(held)
    if "file" in event:
        with tempfile.TemporaryFile() as file:
            file.truncate(event["file"])
            return file.seek(0, 2)
    if "exit" in event:
        os._exit(event["exit"])
    if "wait" in event:
        time.sleep(event["wait"])
    return "x" * event.get("answer", 0)
"""
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")


@pytest.fixture(scope="module")
def aws() -> Iterator[StandInAws]:
    with running_stand_in() as aws:
        yield aws


@pytest.fixture(scope="module")
def function(aws: StandInAws) -> str:
    aws.client("lambda").create_function(
        FunctionName="limited", Code={"ZipFile": package()}, **properties(aws)
    )
    return "limited"


def package(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("module.py", HANDLER)
        for name in names:
            archive.writestr(name, "")
    return packed.getvalue()


def properties(aws: StandInAws) -> dict[str, Any]:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = aws.client("iam")
    try:
        role = iam.create_role(RoleName="function", AssumeRolePolicyDocument=json.dumps(trust))
    except iam.exceptions.EntityAlreadyExistsException:
        role = iam.get_role(RoleName="function")
    return {
        "Runtime": "python3.13",
        "Handler": "module.handler",
        "Role": role["Role"]["Arn"],
        "MemorySize": 128,
        "Timeout": 5,
    }


def call(aws: StandInAws, function: str, event: dict[str, Any]) -> Any:
    client = aws.client("lambda")
    return json.load(client.invoke(FunctionName=function, Payload=json.dumps(event))["Payload"])


@needs_proc
def test_a_function_that_takes_too_much_memory_is_killed(aws: StandInAws, function: str) -> None:
    answer = call(aws, function, {"memory": 300 * MIB})
    assert answer["errorType"] == "Runtime.ExitError"
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: signal: killed")


@needs_proc
def test_a_function_may_use_its_memory(aws: StandInAws, function: str) -> None:
    assert call(aws, function, {"memory": 60 * MIB}) == 60 * MIB


def test_a_function_that_exits_says_how(aws: StandInAws, function: str) -> None:
    answer = call(aws, function, {"exit": 7})
    assert answer["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


def test_a_function_that_ended_starts_anew(aws: StandInAws, function: str) -> None:
    call(aws, function, {"exit": 7})
    assert call(aws, function, {}) == ""


@needs_proc
def test_a_file_is_no_larger_than_the_ephemeral_storage(aws: StandInAws, function: str) -> None:
    assert "too large" in call(aws, function, {"file": 513 * MIB})["errorMessage"]
    assert call(aws, function, {"file": 512 * MIB}) == 512 * MIB


def test_a_function_that_takes_too_long_is_ended(aws: StandInAws, function: str) -> None:
    started = time.monotonic()
    answer = call(aws, function, {"wait": 30})
    assert "Task timed out after 5.00 seconds" in answer["errorMessage"]
    assert time.monotonic() - started < 20


def test_an_answer_over_6_mib_is_an_error(aws: StandInAws, function: str) -> None:
    assert call(aws, function, {"answer": 7 * MIB})["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_request_over_6_mib_is_refused(aws: StandInAws, function: str) -> None:
    with pytest.raises(ClientError, match="Request must be smaller than 6291456 bytes"):
        call(aws, function, {"text": "x" * 6 * MIB})


def test_a_package_for_another_processor_is_refused(aws: StandInAws) -> None:
    with pytest.raises(ClientError, match=r"built for Python 3\.9 on aarch64-linux-gnu"):
        aws.client("lambda").create_function(
            FunctionName="foreign", Code={"ZipFile": package(FOREIGN)}, **properties(aws)
        )


def test_a_function_does_not_take_a_package_for_another_processor(
    aws: StandInAws, function: str
) -> None:
    with pytest.raises(ClientError, match="every call would fail"):
        aws.client("lambda").update_function_code(FunctionName=function, ZipFile=package(FOREIGN))
    assert call(aws, function, {}) == ""


def function_template(aws: StandInAws, *names: str) -> dict[str, Any]:
    key = f"package-{len(names)}.zip"
    aws.client("s3").put_object(Bucket="data", Key=key, Body=package(*names))
    code = {"Code": {"S3Bucket": "data", "S3Key": key}}
    function = {"Type": "AWS::Lambda::Function", "Properties": properties(aws) | code}
    return {"Resources": {"Function": function}}


def test_a_stack_with_a_package_for_another_processor_fails(aws: StandInAws) -> None:
    assert aws.deploy("Foreign", function_template(aws, FOREIGN)) == "ROLLBACK_COMPLETE"
    assert "This function was built for Python 3.9 on aarch64-linux-gnu" in aws.events("Foreign")
    aws.delete("Foreign")


def test_an_update_to_a_package_for_another_processor_is_rolled_back(aws: StandInAws) -> None:
    assert aws.deploy("Later", function_template(aws)) == "CREATE_COMPLETE"
    changed = function_template(aws, FOREIGN)
    assert aws.deploy("Later", changed, "update") == "UPDATE_ROLLBACK_COMPLETE"
    aws.delete("Later")
