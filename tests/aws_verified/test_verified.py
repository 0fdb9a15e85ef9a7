"""What is verified of a deployed tier, on the embedded AWS or on AWS itself.

In the order in which they stand, on one tier: `python -m tests.aws_verified` deploys it before and
removes it afterwards. The first line of each docstring is what the page says.
"""

import json
import time
from typing import Any

import boto3
import pytest

from tests.aws_verified.tier import TAG, VerifiedTier, simulated

pytestmark = pytest.mark.aws

GOOD = "What a wonderful film, I loved every minute of it."
BAD = "A dreadful, boring mess. The worst film I have ever seen."
LOG_SECONDS = 90
"""How long CloudWatch Logs may take to show what a function has written."""


def test_api_labels_each_text(tier: VerifiedTier) -> None:
    """The API labels texts in the order sent, and names the model that answers."""
    answer = tier.call("sentiment", {"instances": [BAD, GOOD]}, key=tier.key)
    assert answer.status == 200, answer.text
    assert [result["text"] for result in answer.json["results"]] == [BAD, GOOD]
    scores = [result["scores"]["positive"] for result in answer.json["results"]]
    assert scores[0] < 0.5 < scores[1]
    assert answer.json["model"]["training_job"] == tier.outputs()["TrainingJobName"]


def test_api_needs_its_key(tier: VerifiedTier) -> None:
    """The API refuses a caller without a key (403), as a problem document."""
    answer = tier.call("sentiment", {"instances": [GOOD]})
    assert answer.status == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["health", "openapi.json"])
def test_public_routes_need_no_key(tier: VerifiedTier, path: str) -> None:
    """GET /health and /openapi.json need no key."""
    assert tier.call(path).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        ({"instances": []}, 400),
        ({"instances": ["a"] * 101}, 400),
        ({"instances": ["fine", ""]}, 422),
        ({"instances": ["fine", "a" * 20_001]}, 422),
    ],
    ids=["no JSON", "no text", "101 texts", "blank text", "long text"],
)
def test_bad_input_is_the_callers(tier: VerifiedTier, body: object, status: int) -> None:
    """Bad input is answered with 400 or 422 and a problem document, by gateway or function."""
    answer = tier.call("sentiment", body, key=tier.key)
    assert (answer.status, answer.json["status"]) == (status, status), answer.text
    assert answer.json["detail"]


def test_endpoint_answers_as_evaluated(tier: VerifiedTier, first_deployment: str) -> None:
    """The endpoint gives the evaluation's ten rows the same answers: the line break included."""
    assert "10 rows, the same answers" in first_deployment


def test_stacks_carry_the_tag(tier: VerifiedTier) -> None:
    """Every stack carries the tag that was asked for."""
    cloudformation: Any = boto3.client("cloudformation")
    for stack in tier.stacks.stacks:
        (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        assert {"Key": TAG, "Value": tier.name} in described["Tags"]


def test_status_says_what_runs(tier: VerifiedTier) -> None:
    """`status` reads stacks, job, data, accuracy, endpoint and cost."""
    status = json.loads(tier.run("status", "--json").stdout)
    assert status["endpoint"]["status"] == "InService"
    assert status["training_job"]["status"] == "Completed"
    assert status["quality"]["measured_by"] == "evaluation"
    assert status["idle_cost"]["usd_per_hour"] == 0


def test_doctor_finds_no_problem(tier: VerifiedTier) -> None:
    """`doctor` finds no problem where a deployment has just worked."""
    findings = tier.run("doctor", "--json")
    assert findings.returncode == 0, findings.stdout


def test_diff_of_the_same_is_empty(tier: VerifiedTier) -> None:
    """`diff` right after a deployment shows no difference."""
    result = tier.run("diff")
    assert result.returncode == 0, result.stdout
    assert "Nothing is replaced or deleted." in result.stdout
    assert "Number of stacks with differences: 0" in result.stdout


def test_bucket_is_private_and_encrypted(tier: VerifiedTier) -> None:
    """The data bucket blocks public access, is encrypted, and keeps versions."""
    s3: Any = boto3.client("s3")
    bucket = tier.stacks.data_bucket()
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert all(blocked.values())
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_sagemakers_role_may_do_what_it_needs(tier: VerifiedTier) -> None:
    """SageMaker's role may read the tier's bucket and write models, and nothing else there."""
    bucket = f"arn:aws:s3:::{tier.stacks.data_bucket()}"
    cases = {
        ("s3:ListBucket", bucket): True,
        ("s3:GetObject", f"{bucket}/train.txt"): True,
        ("s3:PutObject", f"{bucket}/models/job/output/model.tar.gz"): True,
        ("s3:PutObject", f"{bucket}/datasets/1/train.txt"): False,
        ("s3:DeleteObject", f"{bucket}/models/job/output/model.tar.gz"): False,
        ("s3:GetObject", "arn:aws:s3:::another-bucket/train.txt"): False,
        ("sagemaker:CreateTrainingJob", "*"): False,
    }
    role = tier.role(tier.stacks.training_job, "ExecutionRole")
    assert simulated(role, cases) == cases


def test_apis_role_may_do_what_it_needs(tier: VerifiedTier) -> None:
    """The API's role may ask this tier's endpoint, no other one, and read no data."""
    sagemaker: Any = boto3.client("sagemaker")
    ours = sagemaker.describe_endpoint(EndpointName=tier.outputs()["EndpointName"])["EndpointArn"]
    cases = {
        ("sagemaker:InvokeEndpoint", ours): True,
        ("sagemaker:InvokeEndpoint", ours.replace(tier.name.lower(), "another")): False,
        ("s3:GetObject", f"arn:aws:s3:::{tier.stacks.data_bucket()}/train.txt"): False,
    }
    role = tier.role(tier.stacks.sentiment_analysis, "FunctionServiceRole")
    assert simulated(role, cases) == cases


def test_no_review_text_reaches_a_log(tier: VerifiedTier) -> None:
    """A text that is sent stands in no log of the tier's."""
    marker = f"landlord{time.time_ns()}"
    began = int(time.time() * 1000)
    answer = tier.call("sentiment", {"instances": [f"My {marker} is a crook"]}, key=tier.key)
    assert answer.status == 200, answer.text
    assert marker in answer.text
    # Of the request there is something to be read before it can be said what is not there.
    deadline = time.monotonic() + LOG_SECONDS
    while not (lines := _log_lines(tier, since=began)):
        assert time.monotonic() < deadline, "the function has written nothing"
        time.sleep(1)
    assert [line for line in lines if marker in line] == []


def test_same_deployment_again_changes_nothing(tier: VerifiedTier) -> None:
    """The same deployment again trains nothing, and the model stays."""
    before, jobs = tier.outputs(), tier.training_jobs()
    result = tier.run("deploy")
    assert result.returncode == 0, result.stdout
    assert (tier.outputs(), tier.training_jobs()) == (before, jobs)


def test_retraining_by_parameter_replaces_the_model(tier: VerifiedTier) -> None:
    """Another hyperparameter trains one job; the endpoint keeps its name and answers throughout."""
    before, jobs = tier.outputs(), tier.training_jobs()
    result = tier.run("deploy", "--parameter", "Epochs=6")
    assert result.returncode == 0, result.stdout
    after = tier.outputs()
    assert len(tier.training_jobs()) == len(jobs) + 1
    assert after["TrainingJobName"] != before["TrainingJobName"]
    assert after["EndpointName"] == before["EndpointName"]
    assert "10 rows, the same answers" in result.stdout
    assert tier.call("sentiment", {"instances": [GOOD]}, key=tier.key).status == 200


def test_gate_refuses_and_the_former_model_serves(tier: VerifiedTier) -> None:
    """A model under the gate is refused: rolled back, nothing trained, the former one serves."""
    before, jobs = tier.outputs(), tier.training_jobs()
    result = tier.run("deploy", "--parameter", "MinimumAccuracy=0.999")
    assert result.returncode == 1, result.stdout
    assert "the gate demands at least 0.999" in result.stdout
    assert tier.stacks.status(tier.stacks.machine_learning) == "UPDATE_ROLLBACK_COMPLETE"
    assert (tier.outputs(), tier.training_jobs()) == (before, jobs)
    assert tier.call("sentiment", {"instances": [GOOD]}, key=tier.key).status == 200


def _log_lines(tier: VerifiedTier, *, since: int) -> list[str]:
    """What the API's function has written since then (milliseconds of the epoch)."""
    logs: Any = boto3.client("logs")
    cloudformation: Any = boto3.client("cloudformation")
    pages = cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=tier.stacks.sentiment_analysis
    )
    groups = [
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::Logs::LogGroup"
    ]
    return [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=since
        )
        for event in page["events"]
    ]
