"""Clients that people use find what they expect: boto3's waiters and paginators, sagemaker-core."""

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from local_aws.environment import client_environment
from tests.end_to_end.stand_in import (
    EXECUTION_ROLE,
    ROOT,
    StandInAws,
    create_role,
    endpoint_template,
    running_stand_in,
)
from tests.unit.local_aws.sagemaker.test_control_plane import job_request

SOON = {"Delay": 1, "MaxAttempts": 30}
PARAMETER = {"Resources": {"Parameter": {"Type": "AWS::SSM::Parameter",
                                     "Properties": {"Type": "String", "Value": "a"}}}}  # fmt: skip


@pytest.fixture(scope="module")
def aws() -> Iterator[StandInAws]:
    with running_stand_in() as running:
        yield running


def train(aws: StandInAws, name: str, **hyperparameters: str) -> None:
    request = job_request(name, HyperParameters={"mode": "supervised", **hyperparameters})
    aws.client("sagemaker").create_training_job(**request)


def paged(aws: StandInAws, service: str, operation: str, field: str, **request: Any) -> list[Any]:
    """All rows, asked for two at a time."""
    pages = aws.client(service).get_paginator(operation)
    return [
        row
        for page in pages.paginate(**request, PaginationConfig={"PageSize": 2})
        for row in page.get(field, [])
    ]


def test_waiter_sees_a_training_job_complete(aws: StandInAws) -> None:
    train(aws, "waited-for")
    waiter = aws.client("sagemaker").get_waiter("training_job_completed_or_stopped")
    waiter.wait(TrainingJobName="waited-for", WaiterConfig=SOON)


def test_waiter_sees_a_training_job_fail(aws: StandInAws) -> None:
    train(aws, "failing", fail="ClientError: no words")
    waiter = aws.client("sagemaker").get_waiter("training_job_completed_or_stopped")
    with pytest.raises(WaiterError, match="Failed"):
        waiter.wait(TrainingJobName="failing", WaiterConfig=SOON)


def test_waiters_see_an_endpoint_come_and_go(aws: StandInAws) -> None:
    sagemaker = aws.client("sagemaker")
    template = endpoint_template(aws.upload_model("waiting"))
    aws.client("cloudformation").create_stack(
        StackName="Waiting", TemplateBody=json.dumps(template)
    )
    aws.client("cloudformation").get_waiter("stack_create_complete").wait(
        StackName="Waiting", WaiterConfig=SOON
    )
    name = aws.outputs("Waiting")["EndpointName"]
    sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=name, WaiterConfig=SOON)
    aws.client("cloudformation").delete_stack(StackName="Waiting")
    sagemaker.get_waiter("endpoint_deleted").wait(EndpointName=name, WaiterConfig=SOON)
    aws.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName="Waiting", WaiterConfig=SOON
    )


def test_waiters_see_a_bucket_and_an_object_come_and_go(aws: StandInAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="waiting")
    s3.get_waiter("bucket_exists").wait(Bucket="waiting", WaiterConfig=SOON)
    s3.put_object(Bucket="waiting", Key="a", Body=b"")
    s3.get_waiter("object_exists").wait(Bucket="waiting", Key="a", WaiterConfig=SOON)
    s3.delete_object(Bucket="waiting", Key="a")
    s3.get_waiter("object_not_exists").wait(Bucket="waiting", Key="a", WaiterConfig=SOON)
    s3.delete_bucket(Bucket="waiting")
    s3.get_waiter("bucket_not_exists").wait(Bucket="waiting", WaiterConfig=SOON)


def test_waiters_see_a_change_set_and_an_update(aws: StandInAws) -> None:
    cloudformation = aws.client("cloudformation")
    assert aws.deploy("Changing", PARAMETER) == "CREATE_COMPLETE"
    cloudformation.get_waiter("stack_exists").wait(StackName="Changing", WaiterConfig=SOON)
    changed = json.dumps(PARAMETER).replace('"a"', '"b"')
    names = {"StackName": "Changing", "ChangeSetName": "change"}
    cloudformation.create_change_set(**names, TemplateBody=changed)
    cloudformation.get_waiter("change_set_create_complete").wait(**names, WaiterConfig=SOON)
    cloudformation.execute_change_set(**names)
    cloudformation.get_waiter("stack_update_complete").wait(StackName="Changing", WaiterConfig=SOON)


@pytest.fixture(scope="module")
def functions(aws: StandInAws) -> list[str]:
    """Three functions, each of which its waiters have seen."""
    role = create_role(aws.client("iam"), "lambda.amazonaws.com", "function")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("code.py", "def handler(event, context):\n    print('seen')\n")
    client, names = aws.client("lambda"), [f"waited-for-{number}" for number in range(3)]
    for name in names:
        client.create_function(
            FunctionName=name,
            Runtime=f"python3.{sys.version_info.minor}",
            Role=role,
            Handler="code.handler",
            Code={"ZipFile": code.getvalue()},
        )
        for waiter in ("function_exists", "function_active_v2", "function_updated_v2"):
            client.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=SOON)
    return names


def test_paginator_sees_every_function(aws: StandInAws, functions: list[str]) -> None:
    rows = paged(aws, "lambda", "list_functions", "Functions")
    assert {row["FunctionName"] for row in rows} >= set(functions)


def test_paginators_see_every_log_group_and_stream(aws: StandInAws) -> None:
    logs = aws.client("logs")
    for number in range(3):
        logs.create_log_group(logGroupName=f"/paged/{number}")
        logs.create_log_stream(logGroupName="/paged/0", logStreamName=f"stream-{number}")
    groups = aws.client("logs").get_paginator("describe_log_groups")
    pages = groups.paginate(logGroupNamePrefix="/paged/", PaginationConfig={"PageSize": 2})
    assert [row["logGroupName"] for page in pages for row in page["logGroups"]] == [
        f"/paged/{number}" for number in range(3)
    ]
    streams = paged(aws, "logs", "describe_log_streams", "logStreams", logGroupName="/paged/0")
    assert [row["logStreamName"] for row in streams] == [f"stream-{n}" for n in range(3)]


def test_paginator_sees_every_log_event_in_order(aws: StandInAws) -> None:
    logs, group = aws.client("logs"), {"logGroupName": "/events"}
    logs.create_log_group(**group)
    logs.create_log_stream(**group, logStreamName="one")
    now = 1_700_000_000_000
    # Three in one millisecond, so that a page ends between events of one time.
    events = [{"timestamp": now + number // 3, "message": str(number)} for number in range(8)]
    logs.put_log_events(**group, logStreamName="one", logEvents=events)
    rows = paged(aws, "logs", "filter_log_events", "events", startTime=now, **group)
    assert [row["message"] for row in rows] == [str(number) for number in range(8)]


def test_paginator_sees_every_object(aws: StandInAws) -> None:
    keys = [f"paged/{number}" for number in range(5)]
    for key in keys:
        aws.client("s3").put_object(Bucket="data", Key=key, Body=b"")
    rows = paged(aws, "s3", "list_objects_v2", "Contents", Bucket="data", Prefix="paged/")
    assert [row["Key"] for row in rows] == keys


def test_paginators_see_every_stack_its_events_and_resources(aws: StandInAws) -> None:
    for number in range(3):
        assert aws.deploy(f"Paged-{number}", PARAMETER) == "CREATE_COMPLETE"
    cloudformation = aws.client("cloudformation")
    stacks = cloudformation.get_paginator("describe_stacks").paginate()
    names = {row["StackName"] for page in stacks for row in page["Stacks"]}
    assert names >= {"Paged-0", "Paged-1", "Paged-2"}
    events = cloudformation.get_paginator("describe_stack_events").paginate(StackName="Paged-0")
    states = [row["ResourceStatus"] for page in events for row in page["StackEvents"]]
    assert states.count("CREATE_COMPLETE") == 2
    resources = cloudformation.get_paginator("list_stack_resources").paginate(StackName="Paged-0")
    rows = [row for page in resources for row in page["StackResourceSummaries"]]
    assert [row["LogicalResourceId"] for row in rows] == ["Parameter"]


@pytest.mark.parametrize(
    ("operation", "field", "name"),
    [
        ("list_models", "Models", "ModelName"),
        ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigName"),
        ("list_endpoints", "Endpoints", "EndpointName"),
    ],
)
def test_paginators_see_every_model_config_and_endpoint(
    aws: StandInAws, hosted: list[str], operation: str, field: str, name: str
) -> None:
    rows = paged(aws, "sagemaker", operation, field, NameContains="Hosted")
    assert sorted(row[name] for row in rows) == hosted


@pytest.fixture(scope="module")
def hosted(aws: StandInAws) -> list[str]:
    """Three models, each with an endpoint of its own name."""
    sagemaker, names = aws.client("sagemaker"), [f"Hosted-{number}" for number in range(3)]
    container = {"Image": "blazingtext:1", "ModelDataUrl": aws.upload_model("hosted")}
    for name in names:
        sagemaker.create_model(
            ModelName=name, PrimaryContainer=container, ExecutionRoleArn=EXECUTION_ROLE
        )
        serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
        variant = {"VariantName": "A", "ModelName": name, "ServerlessConfig": serverless}
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    return names


@pytest.fixture(scope="module")
def core(aws: StandInAws) -> Any:
    """What the program of a user of sagemaker-core prints."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.end_to_end.sagemaker_core_user", EXECUTION_ROLE],
        cwd=ROOT,
        env=os.environ | client_environment(aws.url),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_sagemaker_core_trains(core: Any) -> None:
    assert (core["status"], core["jobs"]) == ("Completed", ["by-core"])
    assert core["artifact"] == "s3://data/models/by-core/output/model.tar.gz"


def test_sagemaker_core_hosts_what_it_trained(core: Any) -> None:
    assert "core" in json.dumps(core["answer"])


def test_sagemaker_core_removes_its_endpoint(core: Any) -> None:
    assert core["left"] == []
