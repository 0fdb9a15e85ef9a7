"""The names of tuning jobs, the lists they stand in, and what people see of them."""

import pytest

from tests.unit.local_aws.sagemaker.test_control_plane import job_request
from tests.unit.local_aws.sagemaker.tuning_request import NAME, config, limits
from tests.unit.local_aws.sagemaker.tuning_site import ARN, Site

ALL_FAILED = (
    "No training job succeeded after 3 attempts. Please take a look at the training job failures"
    " to get more details."
)


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_second_tuning_job_of_the_same_name_is_refused(site: Site) -> None:
    site.begin()
    error = site.refusal("Create")
    assert error.code == "ResourceInUse"
    assert ARN in error.message


@pytest.mark.parametrize("verb", ["Describe", "Stop", "Delete", "ListTrainingJobsFor"])
def test_an_unknown_tuning_job_is_not_found(site: Site, verb: str) -> None:
    error = site.refusal(verb)
    assert (error.code, error.message) == ("ResourceNotFound", "Requested resource not found.")


def test_a_running_tuning_job_cannot_be_deleted(site: Site) -> None:
    site.begin()
    assert site.refusal("Delete").code == "ResourceInUse"


def test_a_deleted_tuning_job_leaves_its_training_jobs_and_its_name(site: Site) -> None:
    site.begin(jobs=1)
    site.complete(1)
    site.call("Delete")
    assert site.plane.call("ListTrainingJobs", {})["TrainingJobSummaries"] != []
    site.begin(jobs=1)
    assert site.status == "InProgress"


def test_a_tuning_job_outlives_its_deleted_training_jobs(site: Site) -> None:
    site.begin(jobs=1)
    site.complete(1)
    site.plane.call("DeleteTrainingJob", {"TrainingJobName": site.run(1).name})
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(1).name


def test_tuning_jobs_are_listed_by_name(site: Site) -> None:
    for name in ("beta", "alpha"):
        site.begin(name=name)
    rows = site.plane.call("ListHyperParameterTuningJobs", {})["HyperParameterTuningJobSummaries"]
    assert [row["HyperParameterTuningJobName"] for row in rows] == ["alpha", "beta"]
    assert rows[0]["Strategy"] == "Bayesian"
    assert rows[0]["ResourceLimits"] == limits()
    assert rows[0]["TrainingJobStatusCounters"]["InProgress"] == 2


def test_tuning_jobs_are_filtered_by_status(site: Site) -> None:
    site.begin(name="alpha", jobs=1)
    site.begin(name="beta", jobs=1)
    site.complete(1)
    request = {"StatusEquals": "Completed"}
    answer = site.plane.call("ListHyperParameterTuningJobs", request)
    rows = answer["HyperParameterTuningJobSummaries"]
    assert [row["HyperParameterTuningJobName"] for row in rows] == ["alpha"]


def test_pages_give_each_tuning_job_once(site: Site) -> None:
    for name in ("alpha", "beta", "gamma"):
        site.begin(name=name)
    first = site.plane.call("ListHyperParameterTuningJobs", {"MaxResults": 2})
    request = {"MaxResults": 2, "NextToken": first["NextToken"]}
    second = site.plane.call("ListHyperParameterTuningJobs", request)
    assert len(first["HyperParameterTuningJobSummaries"]) == 2
    [last] = second["HyperParameterTuningJobSummaries"]
    assert last["HyperParameterTuningJobName"] == "gamma"
    assert "NextToken" not in second


def test_a_tuning_jobs_training_jobs_are_listed_by_name(site: Site) -> None:
    site.begin()
    site.plane.call("CreateTrainingJob", job_request())
    assert [row["TrainingJobName"] for row in site.children()] == list(site.trainer.runs)[:2]


def test_training_jobs_are_sorted_by_objective_without_those_that_have_none(site: Site) -> None:
    site.begin()
    site.complete(1, 0.8)
    site.complete(2, 0.7)
    rows = site.children(SortBy="FinalObjectiveMetricValue", SortOrder="Descending")
    values = [row["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] for row in rows]
    assert values == [0.8, 0.7]


def test_training_jobs_of_a_tuning_job_are_filtered_by_status(site: Site) -> None:
    site.begin()
    site.run(1).failed("AlgorithmError: no")
    [row] = site.children(StatusEquals="Failed")
    assert row["FailureReason"] == "AlgorithmError: no"


def test_a_running_training_job_is_pending(site: Site) -> None:
    site.begin()
    row = site.children()[0]
    assert (row["TrainingJobStatus"], row["ObjectiveStatus"]) == ("InProgress", "Pending")


def test_a_person_sees_how_a_tuning_job_starts_and_ends(site: Site) -> None:
    site.begin()
    for number in (1, 2, 3):
        site.complete(number, 0.91816)
    assert site.events == [
        f"tuning job {NAME} started (3 training jobs, 2 at a time)",
        f"tuning job {NAME} completed: best {site.run(1).name}, validation:accuracy 0.9182"
        " (epochs 10, learning_rate 0.253)",
    ]


def test_a_person_sees_why_a_tuning_job_failed(site: Site) -> None:
    site.begin()
    for number in (1, 2, 3):
        site.run(number).failed("AlgorithmError: no")
    assert site.events[-1] == f"tuning job {NAME} failed: {ALL_FAILED}"


def test_a_person_sees_that_the_time_is_over(site: Site) -> None:
    given = config(ResourceLimits=limits(1, 1, MaxRuntimeInSeconds=120))
    site.call("Create", HyperParameterTuningJobConfig=given)
    site.alarms.ring()
    site.run(1).stopped()
    assert site.events[1:] == [
        f"tuning job {NAME} has run for its MaxRuntimeInSeconds, 120",
        f"tuning job {NAME} stopped",
    ]
