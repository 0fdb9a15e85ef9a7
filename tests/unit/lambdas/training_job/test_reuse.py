"""Which jobs that exist save us from training again."""

from typing import Any

import pytest

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.job_request import create_request
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.reuse import finished_job, is_reusable, search_finished_job
from tests.lifecycle.fake_aws import EmulatedSageMaker, FakeS3, FakeSsm
from tests.lifecycle.provider import load_event

PROPERTIES = TrainingJobProperties.parse(load_event("create")["ResourceProperties"])
BUCKET = PROPERTIES.bucket_name
JOB = "Sandbox-blazingtext-0123456789ab"


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def sagemaker(s3: FakeS3) -> EmulatedSageMaker:
    return EmulatedSageMaker(s3)


@pytest.fixture
def aws(s3: FakeS3, sagemaker: EmulatedSageMaker) -> Aws:
    return Aws(sagemaker=sagemaker, s3=s3, ssm=FakeSsm())


def train(sagemaker: EmulatedSageMaker, name: str = JOB, **properties: Any) -> None:
    sagemaker.create_training_job(**create_request(name, PROPERTIES) | properties)
    sagemaker.complete(name)


def model_key(name: str) -> str:
    return f"models/{name}/output/model.tar.gz"


@pytest.mark.parametrize(
    "artifacts",
    [{}, {"ModelArtifacts": {}}, {"ModelArtifacts": {"S3ModelArtifacts": "https://host/key"}}],
    ids=str,
)
def test_completed_job_without_a_model_in_s3_is_not_reusable(
    aws: Aws, artifacts: dict[str, Any]
) -> None:
    assert not is_reusable(aws, {"TrainingJobStatus": "Completed"} | artifacts)


def test_completed_job_whose_model_exists_is_reusable(aws: Aws, s3: FakeS3) -> None:
    s3.put(BUCKET, "a/model.tar.gz", b"a model")
    artifacts = {"S3ModelArtifacts": f"s3://{BUCKET}/a/model.tar.gz"}

    assert is_reusable(aws, {"TrainingJobStatus": "Completed", "ModelArtifacts": artifacts})


def test_job_of_that_name_that_does_not_exist_is_no_finished_one(aws: Aws) -> None:
    assert finished_job(aws, JOB, PROPERTIES) is None


def test_job_made_from_other_properties_is_no_finished_one(
    aws: Aws, sagemaker: EmulatedSageMaker
) -> None:
    train(sagemaker, HyperParameters={"mode": "supervised"})

    assert finished_job(aws, JOB, PROPERTIES) is None


def test_search_without_models_finds_nothing(aws: Aws) -> None:
    assert search_finished_job(aws, PROPERTIES) is None


def test_search_passes_over_what_is_no_model(
    aws: Aws, s3: FakeS3, sagemaker: EmulatedSageMaker
) -> None:
    train(sagemaker)
    s3.put(BUCKET, f"models/{JOB}/output/output.tar.gz", b"something else")

    assert search_finished_job(aws, PROPERTIES) == JOB


def test_search_goes_on_after_a_thousand_models(
    aws: Aws, s3: FakeS3, sagemaker: EmulatedSageMaker
) -> None:
    for number in range(1_000):
        s3.put(BUCKET, model_key(f"Sandbox-blazingtext-{number:012x}"), b"of a deleted job")
    name = "Sandbox-blazingtext-ffffffffffff"
    train(sagemaker, name)

    assert search_finished_job(aws, PROPERTIES) == name


def test_search_describes_fifty_jobs_at_most(
    aws: Aws, s3: FakeS3, sagemaker: EmulatedSageMaker
) -> None:
    train(sagemaker)
    for number in range(50):
        s3.put(BUCKET, model_key(f"Sandbox-blazingtext-{number:012x}"), b"of a deleted job")

    assert search_finished_job(aws, PROPERTIES) is None


def test_models_at_the_top_of_a_bucket_are_found(aws: Aws, sagemaker: EmulatedSageMaker) -> None:
    given = load_event("create")["ResourceProperties"] | {"OutputPath": f"s3://{BUCKET}"}
    properties = TrainingJobProperties.parse(given)
    sagemaker.create_training_job(**create_request(JOB, properties))
    sagemaker.complete(JOB)

    assert search_finished_job(aws, properties) == JOB


def test_bucket_that_is_gone_holds_no_finished_job(aws: Aws, s3: FakeS3) -> None:
    class Gone(FakeS3):
        def list_objects_v2(self, **request: Any) -> dict[str, Any]:
            return self.head_object(Bucket=request["Bucket"], Key="any")

    assert (
        search_finished_job(Aws(sagemaker=aws.sagemaker, s3=Gone(), ssm=FakeSsm()), PROPERTIES)
        is None
    )
