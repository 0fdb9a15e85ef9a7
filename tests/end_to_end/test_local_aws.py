"""The embedded AWS as its users meet it: through boto3, and as a library in a process."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.end_to_end.processes import listeners, process_tree
from tests.end_to_end.stand_in import ROOT, StandInAws, endpoint_template, running_stand_in
from tests.unit.local_aws.sagemaker.test_control_plane import job_request


@pytest.fixture(scope="module")
def aws() -> Iterator[StandInAws]:
    with running_stand_in() as aws:
        yield aws


SETTLED = {"Completed", "Failed", "Stopped"}


def train(aws: StandInAws, name: str, **hyperparameters: str) -> dict[str, Any]:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_training_job(**job_request(name, HyperParameters=hyperparameters))
    while True:
        job: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        if job["TrainingJobStatus"] in SETTLED:
            return job
        time.sleep(0.05)


def test_a_job_trains_on_s3_and_leaves_its_model_there(aws: StandInAws) -> None:
    job = train(aws, "on-s3")
    assert job["TrainingJobStatus"] == "Completed"
    head = aws.client("s3").head_object(Bucket="data", Key="models/on-s3/output/model.tar.gz")
    assert head["ContentLength"] > 0


def test_a_jobs_log_is_in_cloudwatch_logs(aws: StandInAws) -> None:
    train(aws, "logged")
    logs, deadline = aws.client("logs"), time.monotonic() + 10
    lines: list[str] = []
    while "#validation_accuracy: 0.9053" not in lines and time.monotonic() < deadline:
        found = logs.filter_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="logged/algo-1-"
        )
        lines = [event["message"] for event in found["events"]]
        time.sleep(0.05)
    assert "#validation_accuracy: 0.9053" in lines


@pytest.fixture(scope="module")
def logs(aws: StandInAws) -> Any:
    """A log group `made-up` with two streams of three events each, whose times alternate."""
    client = aws.client("logs")
    client.create_log_group(logGroupName="made-up")
    for number, stream in enumerate(("a/1", "b/1")):
        client.create_log_stream(logGroupName="made-up", logStreamName=stream)
        client.put_log_events(
            logGroupName="made-up",
            logStreamName=stream,
            logEvents=[
                {"timestamp": START + 2 * n + number, "message": f"{stream} event {n}"}
                for n in range(3)
            ],
        )
    return client


START = int(time.time() * 1000) - 60_000


def found(logs: Any, **filters: Any) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="made-up", **filters)
    return [event["message"] for page in pages for event in page["events"]]


def test_log_events_of_all_streams_come_in_the_order_of_time(logs: Any) -> None:
    assert found(logs) == [f"{stream} event {n}" for n in range(3) for stream in ("a/1", "b/1")]


def test_log_events_come_in_pages_none_twice_and_none_left_out(logs: Any) -> None:
    assert found(logs, PaginationConfig={"PageSize": 1}) == found(logs)


@pytest.mark.parametrize(
    ("filters", "messages"),
    [
        ({"logStreamNamePrefix": "b/"}, ["b/1 event 0", "b/1 event 1", "b/1 event 2"]),
        ({"logStreamNames": ["a/1"], "filterPattern": "2"}, ["a/1 event 2"]),
        ({"filterPattern": "EVENT"}, []),
        ({"startTime": START + 4}, ["a/1 event 2", "b/1 event 2"]),
        ({"endTime": START}, ["a/1 event 0"]),
    ],
)
def test_log_events_are_filtered(logs: Any, filters: dict[str, Any], messages: list[str]) -> None:
    assert found(logs, **filters) == messages


def test_a_token_that_is_none_is_refused(logs: Any) -> None:
    with pytest.raises(ClientError, match="The specified nextToken is invalid"):
        logs.filter_log_events(logGroupName="made-up", nextToken="made up")


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("sagemaker", "list_pipelines", "UnknownOperationException"),
        ("logs", "describe_import_tasks", "UnknownOperationException"),
        ("ssm", "describe_sessions", "UnknownOperationException"),
        ("glue", "list_blueprints", "UnknownOperationException"),
        ("comprehend", "list_endpoints", "UnknownOperationException"),
        ("cloudformation", "describe_publisher", "InvalidAction"),
        ("iam", "get_outbound_web_identity_federation_info", "InvalidAction"),
    ],
)
def test_what_is_not_offered_is_refused_in_awss_words(
    aws: StandInAws, service: str, operation: str, code: str
) -> None:
    needed = {"State": "Active"} if operation == "describe_sessions" else {}
    with pytest.raises(ClientError) as refused:
        getattr(aws.client(service), operation)(**needed)
    assert refused.value.response["Error"]["Code"] == code


def test_sdk_errors_carry_sagemakers_codes(aws: StandInAws) -> None:
    sagemaker = aws.client("sagemaker")
    channel = job_request()["InputDataConfig"][0]
    channel["DataSource"]["S3DataSource"]["S3Uri"] = "s3://data/nothing"
    refused: dict[str, Callable[[], object]] = {
        "ResourceInUse": lambda: sagemaker.create_training_job(**job_request("taken")),
        "ValidationException": lambda: sagemaker.create_training_job(
            **job_request("no-data", InputDataConfig=[channel])
        ),
        "ResourceNotFound": lambda: sagemaker.delete_training_job(TrainingJobName="nothing"),
    }
    train(aws, "taken")
    for code, call in refused.items():
        with pytest.raises(ClientError) as caught:
            call()
        assert caught.value.response["Error"]["Code"] == code


def test_paginators_see_every_job(aws: StandInAws) -> None:
    for number in range(3):
        train(aws, f"page-{number}")
    pages = (
        aws.client("sagemaker")
        .get_paginator("list_training_jobs")
        .paginate(NameContains="page-", PaginationConfig={"PageSize": 2})
    )
    found = [row["TrainingJobName"] for page in pages for row in page["TrainingJobSummaries"]]
    assert found == ["page-0", "page-1", "page-2"]


def test_what_the_model_refuses_reaches_the_sdk_as_a_model_error(aws: StandInAws) -> None:
    aws.deploy("Refusing", endpoint_template(aws.upload_model("refusing")))
    endpoint = aws.outputs("Refusing")["EndpointName"]
    runtime = aws.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        aws.invoke(endpoint, "application/octet-stream")
    assert caught.value.response["OriginalStatusCode"] == 415
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 424
    aws.delete("Refusing")


def test_an_invocation_says_its_variant_and_content_type(aws: StandInAws) -> None:
    aws.deploy("Headers", endpoint_template(aws.upload_model("headers")))
    answer = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=aws.outputs("Headers")["EndpointName"],
        ContentType="application/json",
        Body=b"{}",
    )
    answer["Body"].read()
    assert (answer["InvokedProductionVariant"], answer["ContentType"]) == (
        "AllTraffic",
        "application/json",
    )
    aws.delete("Headers")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_every_listener_is_on_loopback(aws: StandInAws) -> None:
    aws.deploy("Loopback", endpoint_template(aws.upload_model("one")))
    found = listeners(process_tree(aws.process.pid))
    # The emulator itself, the serving process, and those of other tests that are still retiring.
    assert len(found) >= 2
    assert [address for address in found if not address.is_loopback] == []
    aws.delete("Loopback")


def in_a_new_process(program: str) -> str:
    """Run a program that is expected to fail; returns the last line of its error."""
    with tempfile.TemporaryDirectory() as state:
        # Where ministack writes as soon as it is imported.
        environment = os.environ | {"STATE_DIR": state, "S3_DATA_DIR": state}
        result = subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 1, result.stderr
    return result.stderr.strip().splitlines()[-1]


def test_a_process_starts_only_one() -> None:
    error = in_a_new_process(
        "from local_aws.server import EmbeddedAws\n"
        "with EmbeddedAws(): pass\n"
        "with EmbeddedAws(): pass\n"
    )
    assert "This process has started an embedded AWS before" in error


def test_ministack_must_not_have_been_imported_before() -> None:
    error = in_a_new_process(
        "import ministack.app\nfrom local_aws.server import EmbeddedAws\nwith EmbeddedAws(): pass\n"
    )
    assert "start the embedded AWS first" in error


def test_another_ministack_stops_the_start_with_every_difference() -> None:
    error = in_a_new_process(
        "from local_aws.ministack import gaps\n"
        "gaps.version = lambda name: '9.9.9'\n"
        "del gaps.provisioners._s3_create\n"
        "gaps.check_ministack()\n"
    )
    assert "was verified with ministack 1.5.33, but its version is 9.9.9" in error
    assert "provisioners._s3_create is gone" in error
