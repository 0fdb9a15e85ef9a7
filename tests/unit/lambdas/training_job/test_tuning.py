"""What a tuning job is asked for, how it is named, and how it looks as a training job."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.session
import pytest
from botocore.validate import validate_parameters
from hypothesis import given
from hypothesis import strategies as st

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.job_name import attempts, base_name, base_of, is_tuning_job, owner_of
from lambdas.training_job.job_request import create_request, was_made_from
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.training_data import DataFile
from lambdas.training_job.tuned_job import as_training_job
from lambdas.training_job.tuning_ranges import RANGES
from lambdas.training_job.tuning_request import create_tuning_request
from tests.lifecycle.fake_aws import FakeS3, FakeSsm, client_error
from tests.unit.lambdas.training_job.test_properties import GIVEN

TUNED = GIVEN | {
    "TuningJobs": "10",
    "TuningParallelJobs": "2",
    "TuningJobNamePrefix": "Production",
}
PROPERTIES = TrainingJobProperties.parse(TUNED)
NAME = "Production-tune-0123456789ab"
CHILD = f"{NAME}-007-89abcdef"
CHANNELS = [
    DataFile(name="train", bucket="b", key="train.txt", etag="aa", size=100),
    DataFile(name="validation", bucket="b", key="test.txt", etag="bb", size=10),
]
BEGUN = datetime(2026, 11, 21, tzinfo=UTC)


# --- the request


def test_request_is_one_that_sagemaker_takes() -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model("CreateHyperParameterTuningJob").input_shape
    validate_parameters(create_tuning_request(NAME, PROPERTIES), shape)


def test_search_maximises_the_validation_accuracy() -> None:
    config = create_tuning_request(NAME, PROPERTIES)["HyperParameterTuningJobConfig"]
    assert config["HyperParameterTuningJobObjective"] == {
        "Type": "Maximize",
        "MetricName": "validation:accuracy",
    }


def test_search_ends_with_its_jobs_or_its_time() -> None:
    config = create_tuning_request(NAME, PROPERTIES)["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"] == {
        "MaxNumberOfTrainingJobs": 10,
        "MaxParallelTrainingJobs": 2,
        "MaxRuntimeInSeconds": 2700,
    }


def test_one_job_does_not_run_beside_itself() -> None:
    one = replace(PROPERTIES, tuning_jobs=1)
    limits = create_tuning_request(NAME, one)["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxParallelTrainingJobs"] == 1


def test_time_is_at_least_what_sagemaker_takes() -> None:
    short = replace(PROPERTIES, max_runtime_seconds=60)
    limits = create_tuning_request(NAME, short)["HyperParameterTuningJobConfig"]["ResourceLimits"]
    assert limits["MaxRuntimeInSeconds"] == 120


def test_every_range_is_searched() -> None:
    config = create_tuning_request(NAME, PROPERTIES)["HyperParameterTuningJobConfig"]
    assert config["ParameterRanges"] == {
        "IntegerParameterRanges": [
            {"Name": "epochs", "MinValue": "5", "MaxValue": "15", "ScalingType": "Linear"},
            {"Name": "word_ngrams", "MinValue": "2", "MaxValue": "3", "ScalingType": "Linear"},
            {"Name": "min_count", "MinValue": "1", "MaxValue": "20", "ScalingType": "Logarithmic"},
        ],
        "ContinuousParameterRanges": [
            {
                "Name": "learning_rate",
                "MinValue": "0.05",
                "MaxValue": "1.0",
                "ScalingType": "Logarithmic",
            }
        ],
    }


def test_what_is_searched_is_not_fixed_too() -> None:
    definition = create_tuning_request(NAME, PROPERTIES)["TrainingJobDefinition"]
    assert definition["StaticHyperParameters"] == {"mode": "supervised"}


def test_training_jobs_are_otherwise_like_a_single_one() -> None:
    definition = create_tuning_request(NAME, PROPERTIES)["TrainingJobDefinition"]
    single = create_request(NAME, PROPERTIES)
    assert {name: single[name] for name in single if name in definition} == {
        name: definition[name] for name in definition if name != "StaticHyperParameters"
    }


def test_same_job_searches_in_the_same_way() -> None:
    seeds = {
        create_tuning_request(name, PROPERTIES)["HyperParameterTuningJobConfig"]["RandomSeed"]
        for name in (NAME, NAME, f"{NAME}-2")
    }
    assert len(seeds) == 2


# --- the name


@given(
    prefix=st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,10}", fullmatch=True).filter(
        lambda prefix: len(prefix) <= 11
    )
)
def test_every_attempts_name_is_one_that_sagemaker_takes(prefix: str) -> None:
    base = base_name(replace(PROPERTIES, tuning_job_name_prefix=prefix), CHANNELS)
    for name in attempts(base):
        assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}", name)
        assert len(name) <= 32
        assert is_tuning_job(name)
        assert base_of(name, prefix="Any", tuning_prefix=prefix) == base


def test_name_of_known_inputs_stays_what_it_is() -> None:
    """A change of the hash would tune every deployed model again."""
    assert base_name(PROPERTIES, CHANNELS) == "Production-tune-d1204fa0f685"


@pytest.mark.parametrize(
    "change", [{"tuning_jobs": 11}, {"tuning_parallel_jobs": 3}, {"instance_type": "ml.c5.large"}]
)
def test_what_shapes_the_search_changes_the_name(change: dict[str, Any]) -> None:
    assert base_name(replace(PROPERTIES, **change), CHANNELS) != base_name(PROPERTIES, CHANNELS)


def test_value_of_a_searched_hyperparameter_does_not_change_the_name() -> None:
    other = replace(PROPERTIES, hyperparameters={"mode": "supervised", "epochs": "99"})
    assert base_name(other, CHANNELS) == base_name(PROPERTIES, CHANNELS)


def test_value_of_a_fixed_hyperparameter_changes_the_name() -> None:
    other = replace(PROPERTIES, hyperparameters={"mode": "supervised", "vector_dim": "20"})
    assert base_name(other, CHANNELS) != base_name(PROPERTIES, CHANNELS)


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        (CHILD, NAME),
        (f"{NAME}-2-012-89abcdef", f"{NAME}-2"),
        ("Sandbox-blazingtext-0123456789ab", "Sandbox-blazingtext-0123456789ab"),
        ("Sandbox-blazingtext-0123456789ab-001-89abcdef",) * 2,
        (NAME, NAME),
    ],
)
def test_training_job_leads_to_the_tuning_job_that_ran_it(name: str, owner: str) -> None:
    assert owner_of(name) == owner


@pytest.mark.parametrize("name", ["Sandbox-blazingtext-0123456789ab", CHILD, "x-tune-0"])
def test_training_job_is_no_tuning_job(name: str) -> None:
    assert not is_tuning_job(name)


# --- the properties


@pytest.mark.parametrize("jobs", ["-1", "51", "ten"])
def test_number_of_jobs_has_its_limits(jobs: str) -> None:
    with pytest.raises(TrainingJobError, match="TuningJobs must be a whole number from 0 to 50"):
        TrainingJobProperties.parse(TUNED | {"TuningJobs": jobs})


def test_prefix_leaves_room_for_the_rest_of_the_name() -> None:
    with pytest.raises(TrainingJobError, match="TuningJobNamePrefix must be 1 to 11 letters"):
        TrainingJobProperties.parse(TUNED | {"TuningJobNamePrefix": "a" * 12})


def test_training_jobs_cannot_be_named_like_tuning_jobs() -> None:
    with pytest.raises(TrainingJobError, match="JobNamePrefix must not end like 'A-tune'"):
        TrainingJobProperties.parse(TUNED | {"JobNamePrefix": "A-tune"})


def test_properties_from_before_tuning_train_one_job() -> None:
    assert TrainingJobProperties.parse(GIVEN).tuning_jobs == 0


@pytest.mark.parametrize("name", ["min_epochs", "patience"])
def test_early_stopping_must_be_possible_at_the_fewest_epochs(name: str) -> None:
    given = {"mode": "supervised", "epochs": "20", "early_stopping": "True", name: "6"}
    with pytest.raises(TrainingJobError, match=f"{name} is 6, more than the 5 epochs"):
        TrainingJobProperties.parse(TUNED | {"HyperParameters": given})


# --- as a training job


class Described:
    """SageMaker, as far as the best training job is asked for."""

    def __init__(self, **jobs: Mapping[str, Any]) -> None:
        self.jobs = jobs

    def describe_training_job(self, **request: Any) -> Mapping[str, Any]:
        try:
            return self.jobs[request["TrainingJobName"].rsplit("-", 1)[1]]
        except KeyError:
            raise client_error("ResourceNotFound", "DescribeTrainingJob") from None


def seen(
    status: str, *, seconds: float = 60, best: str = "", jobs: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    request = create_tuning_request(NAME, PROPERTIES)
    tuning = request | {
        "HyperParameterTuningJobStatus": status,
        "CreationTime": BEGUN,
        "HyperParameterTuningEndTime": BEGUN + timedelta(seconds=seconds),
    }
    if best:
        tuning["BestTrainingJob"] = {"TrainingJobName": CHILD, "TrainingJobStatus": best}
    aws = Aws(sagemaker=Described(**jobs or {}), s3=FakeS3(), ssm=FakeSsm())  # type: ignore[arg-type]
    return as_training_job(aws, tuning)


BEST = {
    "TrainingJobName": CHILD,
    "TrainingJobStatus": "Completed",
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"},
    "FinalMetricDataList": [{"MetricName": "validation:accuracy", "Value": 0.92}],
    "HyperParameters": {"epochs": "9"},
}


def test_completed_search_has_its_best_jobs_name_model_and_accuracy() -> None:
    job = seen("Completed", best="Completed", jobs={"89abcdef": BEST})
    assert {name: job[name] for name in BEST if name != "HyperParameters"} == {
        name: BEST[name] for name in BEST if name != "HyperParameters"
    }


def test_search_is_recognised_by_what_it_was_made_from() -> None:
    assert was_made_from(seen("InProgress"), PROPERTIES)


@pytest.mark.parametrize(
    "change",
    [{"tuning_jobs": 9}, {"tuning_jobs": 0}, {"volume_size_gb": 31}],
    ids=str,
)
def test_search_of_other_properties_is_not_recognised(change: dict[str, Any]) -> None:
    assert not was_made_from(seen("InProgress"), replace(PROPERTIES, **change))


def test_hyperparameters_that_sagemaker_adds_do_not_count() -> None:
    request = create_tuning_request(NAME, PROPERTIES)
    request["TrainingJobDefinition"]["StaticHyperParameters"]["_tuning_objective_metric"] = "a"
    aws = Aws(sagemaker=Described(), s3=FakeS3(), ssm=FakeSsm())  # type: ignore[arg-type]
    assert was_made_from(as_training_job(aws, request), PROPERTIES)


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "Failed", "Stopped", "Deleting"])
def test_unfinished_or_failed_search_keeps_its_status(status: str) -> None:
    assert seen(status, best="Completed")["TrainingJobStatus"] == status


def test_search_that_used_up_its_time_goes_on_with_the_best_so_far() -> None:
    job = seen("Stopped", seconds=2700, best="Completed", jobs={"89abcdef": BEST})
    assert (job["TrainingJobStatus"], job["TrainingJobName"]) == ("Completed", CHILD)


@pytest.mark.parametrize("best", ["", "Stopped"])
def test_search_that_used_up_its_time_in_vain_says_so(best: str) -> None:
    job = seen("Stopped", seconds=2701, best=best)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")


def test_search_that_somebody_stopped_has_no_model() -> None:
    job = seen("Stopped", seconds=2699, best="Completed", jobs={"89abcdef": BEST})
    assert (job["TrainingJobStatus"], "ModelArtifacts" in job) == ("Stopped", False)


@pytest.mark.parametrize("best", ["", "Completed"], ids=["no best job", "best job deleted"])
def test_completed_search_without_a_best_job_has_no_model(best: str) -> None:
    job = seen("Completed", best=best)
    assert (job["TrainingJobStatus"], "ModelArtifacts" in job) == ("Completed", False)


def test_ranges_are_in_order() -> None:
    assert [one.name for one in RANGES if not one.low < one.high] == []
