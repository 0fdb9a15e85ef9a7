"""Which events the rules of {tier}-Operations take, by the matcher of the emulator's EventBridge.

The events are worded as AWS documents them
(docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html,
docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-resource-status-change.html,
docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html).
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template
from ministack.services.eventbridge import _test_event_pattern

from tests.stacks.conftest import TierTemplates, arn_text, resources

STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack"
FILLED_IN = {
    "<AWS::Partition>": "aws",
    "<AWS::Region>": "eu-west-1",
    "<AWS::AccountId>": "111122223333",
}


def filled_in(value: Any) -> Any:
    """A pattern as CloudFormation deploys it."""
    match value:
        case {"Fn::Join": _} | {"Fn::Sub": _}:
            text = arn_text(value)
            for placeholder, actual in FILLED_IN.items():
                text = text.replace(placeholder, actual).replace(
                    f"${{{placeholder[1:-1]}}}", actual
                )
            return text
        case Mapping():
            return {name: filled_in(one) for name, one in value.items()}
        case list():
            return [filled_in(one) for one in value]
    return value


def taken_by(template: Template, source: str, kind: str, detail: Mapping[str, Any]) -> list[str]:
    """The rules that an event reaches."""
    event = {
        "id": "0", "source": source, "detail-type": kind, "account": "111122223333",
        "time": "2026-11-25T12:00:00Z", "region": "eu-west-1", "resources": [], "detail": detail,
    }  # fmt: skip
    found = []
    for rule in resources(template, "AWS::Events::Rule"):
        pattern = json.dumps(filled_in(rule["Properties"]["EventPattern"]))
        status, _, body = _test_event_pattern({"EventPattern": pattern, "Event": json.dumps(event)})
        assert status == 200, body
        if json.loads(body)["Result"]:
            found.append(rule["Properties"]["Name"].partition("-")[2])
    return found


@pytest.mark.parametrize(
    ("name", "status", "taken"),
    [
        ("Production-blazingtext-0123456789ab", "Failed", ["TrainingFailed"]),
        ("Production-blazingtext-0123456789ab-2", "Failed", ["TrainingFailed"]),
        ("Production-blazingtext-0123456789ab", "Stopped", []),
        ("Production-blazingtext-0123456789ab", "Completed", []),
        ("Sandbox-blazingtext-0123456789ab", "Failed", []),
        ("Our-Production-blazingtext-0123456789ab", "Failed", []),
        ("Production-tune-0123456789ab-001-abcdef01", "Failed", []),
    ],
)
def test_failed_training_jobs_of_the_tier_are_told(
    production: TierTemplates, name: str, status: str, taken: list[str]
) -> None:
    detail = {"TrainingJobName": name, "TrainingJobStatus": status, "FailureReason": "a reason"}
    kind = "SageMaker Training Job State Change"
    assert taken_by(production.operations, "aws.sagemaker", kind, detail) == taken


def test_failed_tuning_jobs_of_the_tier_are_told(production: TierTemplates) -> None:
    kind = "SageMaker HyperParameter Tuning Job State Change"
    job = {"HyperParameterTuningJobStatus": "Failed"}
    for name, taken in (("Production-tune-0123456789ab", ["TuningFailed"]), ("Other-tune-0", [])):
        detail = {**job, "HyperParameterTuningJobName": name}
        assert taken_by(production.operations, "aws.sagemaker", kind, detail) == taken


@pytest.mark.parametrize(
    ("stack", "resource", "status", "taken"),
    [
        ("Production", "Custom::Evaluation", "CREATE_FAILED", ["ModelRefused"]),
        ("Production", "Custom::Evaluation", "UPDATE_FAILED", ["ModelRefused"]),
        ("Production", "AWS::SageMaker::Endpoint", "UPDATE_FAILED", ["ModelRefused"]),
        ("Production", "AWS::SageMaker::Endpoint", "UPDATE_COMPLETE", []),
        # Told by SageMaker's own event.
        ("Production", "Custom::TrainingJob", "UPDATE_FAILED", []),
        ("Sandbox", "Custom::Evaluation", "UPDATE_FAILED", []),
        ("Our-Production", "Custom::Evaluation", "UPDATE_FAILED", []),
    ],
)
def test_models_that_do_not_serve_are_told(
    production: TierTemplates, stack: str, resource: str, status: str, taken: list[str]
) -> None:
    detail = {
        "stack-id": f"{STACK}/{stack}-MachineLearningInfrastructure/ec0e3e98",
        "logical-resource-id": "Evaluation",
        "physical-resource-id": "",
        "status-details": {"status": status, "status-reason": "below the gate"},
        "resource-type": resource,
        "client-request-token": "",
    }
    kind = "CloudFormation Resource Status Change"
    assert taken_by(production.operations, "aws.cloudformation", kind, detail) == taken


@pytest.mark.parametrize(
    ("job", "state", "taken"),
    [
        ("Production-data-preparation", "FAILED", ["PreparationFailed"]),
        ("Production-data-preparation", "TIMEOUT", ["PreparationFailed"]),
        ("Production-data-preparation", "SUCCEEDED", []),
        ("Production-data-preparation", "STOPPED", []),
        ("Sandbox-data-preparation", "FAILED", []),
    ],
)
def test_failed_runs_of_the_glue_job_are_told(
    production: TierTemplates, job: str, state: str, taken: list[str]
) -> None:
    detail = {
        "jobName": job,
        "severity": "ERROR",
        "state": state,
        "jobRunId": "jr_1",
        "message": "",
    }
    assert taken_by(production.operations, "aws.glue", "Glue Job State Change", detail) == taken
