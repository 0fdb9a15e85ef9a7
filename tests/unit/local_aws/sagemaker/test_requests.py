"""Requests that the control plane refuses, in SageMaker's words."""

from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from tests.manual_sagemaker import ManualHosting, ManualTrainer
from tests.unit.local_aws.sagemaker.test_control_plane import job_request


def refusal(request: dict[str, Any], operation: str = "CreateTrainingJob") -> SageMakerError:
    plane = ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())
    with pytest.raises(SageMakerError) as caught:
        plane.call(operation, request)
    return caught.value


def test_a_name_out_of_its_pattern_is_named_with_the_pattern() -> None:
    error = refusal(job_request("my_job"))
    assert error.code == "ValidationException"
    assert error.message == (
        "1 validation error detected: Value 'my_job' at 'trainingJobName' failed to satisfy"
        " constraint: Member must satisfy regular expression pattern:"
        " [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
    )


def test_a_missing_member_is_null() -> None:
    request = job_request()
    del request["RoleArn"]
    assert refusal(request).message == (
        "1 validation error detected: Value null at 'roleArn' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_every_problem_is_reported_at_once() -> None:
    request = job_request("a" * 64, StoppingCondition={"MaxRuntimeInSeconds": 0})
    request["ResourceConfig"]["InstanceType"] = "ml.tiny"
    message = refusal(request).message
    assert message.startswith("4 validation errors detected: ")
    for part in (
        "at 'trainingJobName' failed to satisfy constraint: Member must have length less than or"
        " equal to 63",
        "Value 'ml.tiny' at 'resourceConfig.instanceType' failed to satisfy constraint: Member"
        " must satisfy enum value set: [",
        "Value '0' at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: Member"
        " must have value greater than or equal to 1",
    ):
        assert part in message


def test_a_problem_in_a_list_is_found_by_its_number() -> None:
    channel = {"ChannelName": "no blanks", "DataSource": {}}
    message = refusal(job_request(InputDataConfig=[channel])).message
    assert "Value 'no blanks' at 'inputDataConfig.1.member.channelName'" in message


def test_a_value_of_the_wrong_type_is_a_serialization_error() -> None:
    error = refusal(job_request(HyperParameters={"epochs": 10}))
    assert error.code == "SerializationException"


def test_a_boolean_is_no_number() -> None:
    condition = {"MaxRuntimeInSeconds": True}
    assert refusal(job_request(StoppingCondition=condition)).code == "SerializationException"


def test_an_algorithm_needs_an_image() -> None:
    algorithm = {"TrainingInputMode": "File"}
    assert refusal(job_request(AlgorithmSpecification=algorithm)).message == (
        "You must provide either TrainingImage or AlgorithmName."
    )


def test_channel_names_are_unique() -> None:
    channels = job_request()["InputDataConfig"] * 2
    assert "train, train" in refusal(job_request(InputDataConfig=channels)).message


def test_an_operation_that_sagemaker_does_not_have_is_unknown() -> None:
    assert refusal({}, "CreateTrainingJobs").code == "UnknownOperationException"


def test_an_operation_that_we_do_not_offer_says_what_we_offer() -> None:
    error = refusal({"ProcessingJobName": "x"}, "DescribeProcessingJob")
    assert "it offers AddTags, CreateEndpoint" in error.message


def test_tag_keys_may_have_letters_of_every_alphabet() -> None:
    plane = ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting())
    plane.call("CreateTrainingJob", job_request(Tags=[{"Key": "grüße", "Value": "da"}]))
