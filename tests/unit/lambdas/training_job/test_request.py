"""The CreateTrainingJob request, and recognising the job that came from the same one."""

from dataclasses import replace
from typing import Any

import pytest

from lambdas.training_job.job_request import create_request, was_made_from
from lambdas.training_job.properties import TrainingJobProperties
from tests.lifecycle.provider import load_event

PROPERTIES = TrainingJobProperties.parse(load_event("create")["ResourceProperties"])
BUCKET = PROPERTIES.bucket_name


def channel(name: str, key: str) -> dict[str, Any]:
    return {
        "ChannelName": name,
        "ContentType": "text/plain",
        "InputMode": "File",
        "DataSource": {
            "S3DataSource": {
                "S3DataType": "S3Prefix",
                "S3Uri": f"s3://{BUCKET}/{key}",
                "S3DataDistributionType": "FullyReplicated",
            }
        },
    }


def test_request_is_what_blazingtext_needs() -> None:
    assert create_request("a-job", PROPERTIES) == {
        "TrainingJobName": "a-job",
        "AlgorithmSpecification": {
            "TrainingImage": "685385470294.dkr.ecr.eu-west-1.amazonaws.com/blazingtext:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": PROPERTIES.role_arn,
        "HyperParameters": dict(PROPERTIES.hyperparameters),
        "InputDataConfig": [
            channel("train", "datasets/3f0a91c27be4/train.txt"),
            channel("validation", "datasets/3f0a91c27be4/test.txt"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 2700},
        "EnableNetworkIsolation": False,
    }


def test_customer_key_encrypts_volume_and_model() -> None:
    key = "arn:aws:kms:eu-west-1:123456789012:key/0a"
    request = create_request("a-job", replace(PROPERTIES, kms_key_id=key))
    assert request["OutputDataConfig"]["KmsKeyId"] == key
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == key


def test_container_may_be_without_network() -> None:
    request = create_request("a-job", replace(PROPERTIES, network_isolation=True))
    assert request["EnableNetworkIsolation"] is True


def test_job_with_the_same_request_is_recognised() -> None:
    assert was_made_from(create_request("a-job", PROPERTIES), PROPERTIES)


def test_slash_at_the_end_of_the_output_path_makes_no_difference() -> None:
    job = create_request("a-job", PROPERTIES)
    job["OutputDataConfig"] = {"S3OutputPath": f"s3://{BUCKET}/models/"}

    assert was_made_from(job, PROPERTIES)


@pytest.mark.parametrize(
    "other",
    [
        {"AlgorithmSpecification": {"TrainingImage": "another:1"}},
        {"HyperParameters": {"mode": "supervised"}},
        {"InputDataConfig": [channel("train", "another.txt")]},
        {"OutputDataConfig": {"S3OutputPath": "s3://another/models"}},
        {"ResourceConfig": {"InstanceType": "ml.c5.2xlarge", "VolumeSizeInGB": 30}},
        {"ResourceConfig": {"InstanceType": "ml.c5.xlarge", "VolumeSizeInGB": 31}},
    ],
    ids=lambda other: next(iter(other)),
)
def test_job_that_differs_in_one_thing_is_not_taken_for_it(other: dict[str, Any]) -> None:
    assert not was_made_from(create_request("a-job", PROPERTIES) | other, PROPERTIES)


@pytest.mark.parametrize(
    "member",
    [
        "AlgorithmSpecification",
        "HyperParameters",
        "InputDataConfig",
        "OutputDataConfig",
        "ResourceConfig",
    ],
)
def test_job_described_without_a_member_is_not_taken_for_it(member: str) -> None:
    job = create_request("a-job", PROPERTIES)
    del job[member]

    assert not was_made_from(job, PROPERTIES)


@pytest.mark.parametrize("source", [{}, {"DataSource": {}}])
def test_channel_without_an_s3_source_is_not_taken_for_it(source: dict[str, Any]) -> None:
    job = create_request("a-job", PROPERTIES)
    job["InputDataConfig"] = [{"ChannelName": "train"} | source]

    assert not was_made_from(job, PROPERTIES)
