"""The control plane's training jobs, driven by hand."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError, invalid
from tests.manual_sagemaker import ManualHosting, ManualTrainer

ARN = "arn:aws:sagemaker:us-east-1:000000000000:training-job/my-job"


class Clock:
    """A clock that moves one second with every look at it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def trainer() -> ManualTrainer:
    return ManualTrainer()


@pytest.fixture
def plane(trainer: ManualTrainer) -> ControlPlane:
    return ControlPlane(trainer=trainer, hosting=ManualHosting(), clock=Clock())


def job_request(name: str = "My-Job", **changes: Any) -> dict[str, Any]:
    request = {
        "TrainingJobName": name,
        "AlgorithmSpecification": {
            "TrainingImage": "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1",
            "TrainingInputMode": "File",
        },
        "RoleArn": "arn:aws:iam::000000000000:role/execution",
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train.txt"}
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://data/models"},
        "ResourceConfig": {
            "InstanceType": "ml.c5.xlarge",
            "InstanceCount": 1,
            "VolumeSizeInGB": 30,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 2700},
    }
    return request | changes


def describe(plane: ControlPlane, name: str = "My-Job") -> dict[str, Any]:
    return plane.call("DescribeTrainingJob", {"TrainingJobName": name})


def refusal(plane: ControlPlane, operation: str, request: dict[str, Any]) -> SageMakerError:
    with pytest.raises(SageMakerError) as caught:
        plane.call(operation, request)
    return caught.value


def test_a_job_arn_has_the_name_in_lower_case(plane: ControlPlane) -> None:
    assert plane.call("CreateTrainingJob", job_request()) == {"TrainingJobArn": ARN}


def test_a_completed_job_went_through_every_state_in_order(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    seen = [describe(plane)["SecondaryStatus"]]
    for status in ("Downloading", "Training", "Uploading"):
        trainer.runs["My-Job"].enter(status)
        seen.append(describe(plane)["SecondaryStatus"])
        assert describe(plane)["TrainingJobStatus"] == "InProgress"
    trainer.runs["My-Job"].completed()
    job = describe(plane)
    assert seen == ["Starting", "Downloading", "Training", "Uploading"]
    assert [row["Status"] for row in job["SecondaryStatusTransitions"]] == [*seen, "Completed"]
    assert job["TrainingJobStatus"] == "Completed"


def test_each_transition_ends_when_the_next_begins(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    for status in ("Downloading", "Training"):
        trainer.runs["My-Job"].enter(status)
    trainer.runs["My-Job"].failed("AlgorithmError: no")
    rows = describe(plane)["SecondaryStatusTransitions"]
    assert [row["EndTime"] for row in rows[:-1]] == [row["StartTime"] for row in rows[1:]]


def test_a_completed_job_names_its_artifact(plane: ControlPlane, trainer: ManualTrainer) -> None:
    plane.call("CreateTrainingJob", job_request())
    assert "ModelArtifacts" not in describe(plane)
    trainer.runs["My-Job"].completed()
    artifact = describe(plane)["ModelArtifacts"]["S3ModelArtifacts"]
    assert artifact == "s3://data/models/My-Job/output/model.tar.gz"


def test_final_metrics_are_described(plane: ControlPlane, trainer: ManualTrainer) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].metric("validation:accuracy", 0.9053)
    trainer.runs["My-Job"].completed()
    rows = describe(plane)["FinalMetricDataList"]
    assert [(row["MetricName"], row["Value"]) for row in rows] == [("validation:accuracy", 0.9053)]


def test_a_failed_job_says_why(plane: ControlPlane, trainer: ManualTrainer) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].failed("ClientError: no label")
    job = describe(plane)
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "ClientError: no label")


def test_a_failure_reason_has_at_most_1024_characters(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].failed("x" * 5000)
    assert len(describe(plane)["FailureReason"]) == 1024


def test_a_job_that_ran_out_of_time_is_stopped_not_failed(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].stopped("MaxRuntimeExceeded")
    job = describe(plane)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_stopping_a_job_asks_its_trainer_once(plane: ControlPlane, trainer: ManualTrainer) -> None:
    plane.call("CreateTrainingJob", job_request())
    for _ in range(2):
        plane.call("StopTrainingJob", {"TrainingJobName": "My-Job"})
    assert trainer.stop_requests == ["My-Job"]
    assert describe(plane)["TrainingJobStatus"] == "Stopping"


def test_a_job_that_finishes_while_it_is_stopping_ends_as_stopped(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    plane.call("StopTrainingJob", {"TrainingJobName": "My-Job"})
    trainer.runs["My-Job"].completed()
    assert describe(plane)["TrainingJobStatus"] == "Stopped"


def test_a_finished_job_cannot_be_stopped(plane: ControlPlane, trainer: ManualTrainer) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].completed()
    error = refusal(plane, "StopTrainingJob", {"TrainingJobName": "My-Job"})
    assert error.code == "ValidationException"
    assert error.message == (
        "The request was rejected because the training job is in status Completed."
    )


def test_a_late_report_does_not_change_a_job_that_is_over(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].completed()
    before = describe(plane)
    trainer.runs["My-Job"].failed("AlgorithmError: too late")
    trainer.runs["My-Job"].enter("Training")
    assert describe(plane) == before


def test_a_second_job_of_the_same_name_is_refused(plane: ControlPlane) -> None:
    plane.call("CreateTrainingJob", job_request())
    error = refusal(plane, "CreateTrainingJob", job_request())
    assert error.code == "ResourceInUse"
    assert error.message == (
        "Training job names must be unique within an AWS account and region, and a training job"
        f" with this name already exists ({ARN})"
    )


def test_a_channel_that_the_trainer_refuses_makes_no_job(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    trainer.refusal = invalid("No S3 objects found under S3 URL")
    assert refusal(plane, "CreateTrainingJob", job_request()) is trainer.refusal
    assert plane.call("ListTrainingJobs", {})["TrainingJobSummaries"] == []


def test_an_unknown_job_is_not_found(plane: ControlPlane) -> None:
    for operation in ("DescribeTrainingJob", "StopTrainingJob"):
        error = refusal(plane, operation, {"TrainingJobName": "nothing"})
        assert (error.code, error.message) == (
            "ValidationException",
            "Requested resource not found.",
        )


def test_a_running_job_cannot_be_deleted(plane: ControlPlane) -> None:
    plane.call("CreateTrainingJob", job_request())
    error = refusal(plane, "DeleteTrainingJob", {"TrainingJobName": "My-Job"})
    assert error.code == "ResourceInUse"


def test_the_name_of_a_deleted_job_is_free_again(
    plane: ControlPlane, trainer: ManualTrainer
) -> None:
    plane.call("CreateTrainingJob", job_request())
    trainer.runs["My-Job"].completed()
    plane.call("DeleteTrainingJob", {"TrainingJobName": "My-Job"})
    plane.call("CreateTrainingJob", job_request())
    assert describe(plane)["SecondaryStatus"] == "Starting"


def test_a_caller_cannot_change_the_plane_through_a_response(plane: ControlPlane) -> None:
    plane.call("CreateTrainingJob", job_request(HyperParameters={"epochs": "10"}))
    describe(plane)["HyperParameters"]["epochs"] = "1"
    assert describe(plane)["HyperParameters"] == {"epochs": "10"}


def names(page: dict[str, Any]) -> list[str]:
    return [row["TrainingJobName"] for row in page["TrainingJobSummaries"]]


@pytest.fixture
def three_jobs(plane: ControlPlane, trainer: ManualTrainer) -> ControlPlane:
    for name in ("beta", "alpha", "gamma"):
        plane.call("CreateTrainingJob", job_request(name))
    trainer.runs["alpha"].completed()
    return plane


def test_jobs_are_listed_from_the_oldest_by_default(three_jobs: ControlPlane) -> None:
    assert names(three_jobs.call("ListTrainingJobs", {})) == ["beta", "alpha", "gamma"]


def test_jobs_are_sorted_as_asked(three_jobs: ControlPlane) -> None:
    request = {"SortBy": "Name", "SortOrder": "Descending"}
    assert names(three_jobs.call("ListTrainingJobs", request)) == ["gamma", "beta", "alpha"]


def test_jobs_are_filtered_by_part_of_their_name(three_jobs: ControlPlane) -> None:
    assert names(three_jobs.call("ListTrainingJobs", {"NameContains": "amm"})) == ["gamma"]


def test_jobs_are_filtered_by_status(three_jobs: ControlPlane) -> None:
    assert names(three_jobs.call("ListTrainingJobs", {"StatusEquals": "Completed"})) == ["alpha"]


def test_pages_give_each_job_once(three_jobs: ControlPlane) -> None:
    found, request = [], {"MaxResults": 2}
    while True:
        page = three_jobs.call("ListTrainingJobs", request)
        found.append(names(page))
        if "NextToken" not in page:
            break
        request = {"MaxResults": 2, "NextToken": page["NextToken"]}
    assert found == [["beta", "alpha"], ["gamma"]]


def test_a_token_that_is_not_ours_is_refused(plane: ControlPlane) -> None:
    error = refusal(plane, "ListTrainingJobs", {"NextToken": "forged"})
    assert error.message == "Invalid pagination token: forged"


def test_tags_are_kept_with_a_job(plane: ControlPlane) -> None:
    plane.call("CreateTrainingJob", job_request(Tags=[{"Key": "tier", "Value": "Sandbox"}]))
    plane.call("AddTags", {"ResourceArn": ARN, "Tags": [{"Key": "team", "Value": "a"}]})
    plane.call("DeleteTags", {"ResourceArn": ARN, "TagKeys": ["tier"]})
    assert plane.call("ListTags", {"ResourceArn": ARN}) == {"Tags": [{"Key": "team", "Value": "a"}]}


def test_names_that_differ_in_case_alone_are_one_training_job(plane: ControlPlane) -> None:
    plane.call("CreateTrainingJob", job_request(TrainingJobName="Job"))
    with pytest.raises(SageMakerError) as caught:
        plane.call("CreateTrainingJob", job_request(TrainingJobName="job"))
    assert caught.value.code == "ResourceInUse"


def test_a_resource_has_50_tags_at_the_most(plane: ControlPlane) -> None:
    tags = [{"Key": f"tag-{number}", "Value": ""} for number in range(50)]
    arn = plane.call("CreateTrainingJob", job_request(Tags=tags))["TrainingJobArn"]
    plane.call("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "tag-1", "Value": "changed"}]})
    with pytest.raises(SageMakerError, match="would have 51") as caught:
        plane.call("AddTags", {"ResourceArn": arn, "Tags": [{"Key": "one-more", "Value": ""}]})
    assert caught.value.code == "ResourceLimitExceeded"
