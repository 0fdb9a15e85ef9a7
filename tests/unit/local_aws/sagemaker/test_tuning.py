"""The control plane's tuning jobs: how training jobs follow each other."""

import math
import re
from datetime import timedelta

import pytest

from local_aws.sagemaker.training_run import TrainingRun
from tests.manual_sagemaker import ManualTrainer
from tests.unit.local_aws.sagemaker.test_control_plane import Clock, job_request
from tests.unit.local_aws.sagemaker.tuning_request import NAME, config, definition
from tests.unit.local_aws.sagemaker.tuning_site import ARN, Site

ALL_FAILED = (
    "No training job succeeded after 3 attempts. Please take a look at the training job failures"
    " to get more details."
)


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_tuning_job_has_an_arn_with_its_name_in_lower_case(site: Site) -> None:
    assert site.call("Create") == {"HyperParameterTuningJobArn": ARN}


def test_a_new_tuning_job_is_described_with_its_request(site: Site) -> None:
    site.call("Create")
    described = site.describe()
    assert described["HyperParameterTuningJobStatus"] == "InProgress"
    assert described["HyperParameterTuningJobConfig"] == config()
    assert described["TrainingJobDefinition"] == definition()
    assert "BestTrainingJob" not in described
    assert "HyperParameterTuningEndTime" not in described


def test_a_caller_cannot_change_a_tuning_job_through_a_response(site: Site) -> None:
    site.call("Create")
    site.describe()["HyperParameterTuningJobConfig"]["Strategy"] = "Grid"
    assert site.describe()["HyperParameterTuningJobConfig"] == config()


def test_no_more_training_jobs_run_at_once_than_allowed(site: Site) -> None:
    site.begin(jobs=5, parallel=2)
    assert len(site.trainer.runs) == 2


def test_the_next_training_job_starts_in_the_call_that_ends_one(site: Site) -> None:
    site.begin(jobs=5, parallel=2)
    site.complete(1)
    assert len(site.trainer.runs) == 3


def test_a_training_job_of_a_tuning_job_has_its_name_and_a_number(site: Site) -> None:
    site.begin()
    first, second = site.trainer.runs
    assert re.fullmatch(rf"{NAME}-001-[0-9a-f]{{8}}", first)
    assert re.fullmatch(rf"{NAME}-002-[0-9a-f]{{8}}", second)


def test_names_are_the_same_in_every_run_of_a_test() -> None:
    names = []
    for _ in range(2):
        site = Site()
        site.begin()
        names.append(list(site.trainer.runs))
    assert names[0] == names[1]


def test_a_name_that_is_taken_is_not_given_again() -> None:
    site = Site(clock=lambda: Clock().now)
    site.begin(jobs=1)
    site.complete(1)
    site.call("Delete")
    site.begin(jobs=1)
    assert len(site.trainer.runs) == 2


def test_training_jobs_have_the_static_and_the_tuned_hyperparameters(site: Site) -> None:
    site.begin()
    assert site.run(1).request["HyperParameters"] == {
        "mode": "supervised",
        "epochs": "10",
        "learning_rate": "0.2525",
    }


def test_training_jobs_are_described_with_the_tuning_jobs_arn(site: Site) -> None:
    site.begin()
    job = site.plane.call("DescribeTrainingJob", {"TrainingJobName": site.run(1).name})
    assert job["TuningJobArn"] == ARN


def test_an_ordinary_training_job_has_no_tuning_job(site: Site) -> None:
    site.plane.call("CreateTrainingJob", job_request())
    assert "TuningJobArn" not in site.plane.call(
        "DescribeTrainingJob", {"TrainingJobName": "My-Job"}
    )


def test_training_jobs_take_everything_else_from_the_definition(site: Site) -> None:
    site.begin()
    expected = job_request(site.run(1).name)
    given = dict(site.run(1).request)
    del given["HyperParameters"]
    assert given == expected


def test_training_jobs_are_listed_with_all_others(site: Site) -> None:
    site.begin()
    rows = site.plane.call("ListTrainingJobs", {})["TrainingJobSummaries"]
    assert [row["TrainingJobName"] for row in rows] == list(site.trainer.runs)


def test_training_jobs_have_the_tuning_jobs_tags(site: Site) -> None:
    site.call("Create", Tags=[{"Key": "tier", "Value": "Sandbox"}])
    for arn in (ARN, site.run(1).arn):
        assert site.plane.call("ListTags", {"ResourceArn": arn}) == {
            "Tags": [{"Key": "tier", "Value": "Sandbox"}]
        }


def test_a_tuning_job_is_completed_with_its_last_training_job(site: Site) -> None:
    site.begin(jobs=3, parallel=2)
    statuses = []
    for number in (1, 2, 3):
        site.complete(number)
        statuses.append(site.status)
    assert statuses == ["InProgress", "InProgress", "Completed"]
    assert len(site.trainer.runs) == 3


def test_a_tuning_job_with_more_places_than_jobs_starts_them_all_at_once(site: Site) -> None:
    site.begin(jobs=2, parallel=5)
    assert len(site.trainer.runs) == 2


def test_the_best_training_job_has_the_highest_accuracy(site: Site) -> None:
    site.begin()
    for number, accuracy in ((1, 0.8), (2, 0.9), (3, 0.85)):
        site.complete(number, accuracy)
    best = site.describe()["BestTrainingJob"]
    assert best["TrainingJobName"] == site.run(2).name
    assert best["TrainingJobArn"] == site.run(2).arn
    assert best["TrainingJobStatus"] == "Completed"
    assert best["ObjectiveStatus"] == "Succeeded"
    assert best["TunedHyperParameters"] == {"epochs": "10", "learning_rate": "0.2525"}
    assert best["FinalHyperParameterTuningJobObjectiveMetric"] == {
        "MetricName": "validation:accuracy",
        "Value": 0.9,
    }
    assert best["TrainingEndTime"] > best["CreationTime"]


def test_the_best_training_job_has_the_lowest_objective_when_that_is_asked_for(
    site: Site,
) -> None:
    objective = {"Type": "Minimize", "MetricName": "validation:accuracy"}
    site.begin(HyperParameterTuningJobObjective=objective)
    for number, accuracy in ((1, 0.8), (2, 0.9), (3, 0.85)):
        site.complete(number, accuracy)
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(1).name


def test_the_best_training_job_so_far_is_described_while_others_run(site: Site) -> None:
    site.begin()
    site.complete(2, 0.9)
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(2).name


def test_of_equally_good_training_jobs_the_earliest_is_the_best(site: Site) -> None:
    site.begin()
    for number in (2, 1, 3):
        site.complete(number, 0.9)
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(1).name


def test_a_failed_training_job_counts_but_does_not_end_the_tuning(site: Site) -> None:
    site.begin()
    site.run(1).failed("AlgorithmError: no")
    assert (site.status, len(site.trainer.runs)) == ("InProgress", 3)
    for number in (2, 3):
        site.complete(number)
    assert (site.status, len(site.trainer.runs)) == ("Completed", 3)


def test_a_tuning_job_without_a_success_failed(site: Site) -> None:
    site.begin()
    for number in (1, 2, 3):
        site.run(number).failed("AlgorithmError: no")
    described = site.describe()
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"] == ALL_FAILED


@pytest.mark.parametrize("accuracy", [None, math.nan, math.inf])
def test_a_training_job_without_a_usable_objective_is_no_success(
    site: Site, accuracy: float | None
) -> None:
    site.begin()
    for number in (1, 2, 3):
        site.complete(number, accuracy)
    assert site.status == "Failed"
    assert site.describe()["ObjectiveStatusCounters"]["Failed"] == 3


def test_a_training_job_that_was_stopped_is_never_the_best(site: Site) -> None:
    site.begin()
    site.run(1).metric("validation:accuracy", 0.99)
    site.plane.call("StopTrainingJob", {"TrainingJobName": site.run(1).name})
    site.run(1).completed()
    for number in (2, 3):
        site.complete(number, 0.9)
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(2).name


def test_a_training_job_that_somebody_stops_gives_its_place_to_the_next(site: Site) -> None:
    site.begin(jobs=3, parallel=1)
    site.plane.call("StopTrainingJob", {"TrainingJobName": site.run(1).name})
    assert len(site.trainer.runs) == 1
    site.run(1).stopped()
    assert len(site.trainer.runs) == 2


def test_counters_tell_what_became_of_the_training_jobs(site: Site) -> None:
    site.begin(jobs=5, parallel=4)
    site.complete(1)
    site.run(2).failed("AlgorithmError: no")
    site.run(3).stopped("MaxRuntimeExceeded")
    site.plane.call("StopTrainingJob", {"TrainingJobName": site.run(4).name})
    described = site.describe()
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 1,
        "InProgress": 2,
        "RetryableError": 0,
        "NonRetryableError": 1,
        "Stopped": 1,
    }
    assert described["ObjectiveStatusCounters"] == {"Succeeded": 1, "Pending": 2, "Failed": 2}


def test_the_end_has_a_time(site: Site) -> None:
    site.begin(jobs=1)
    site.complete(1)
    described = site.describe()
    assert described["HyperParameterTuningEndTime"] == described["LastModifiedTime"]
    assert described["HyperParameterTuningEndTime"] > described["CreationTime"] + timedelta(0)


def test_the_optimiser_learns_each_objective_once_by_the_trials_number(site: Site) -> None:
    site.begin()
    site.complete(2, 0.9)
    site.describe()
    site.run(1).failed("AlgorithmError: no")
    site.complete(3, 0.8)
    assert site.optimiser.searches[0].told == [(1, 0.9), (0, None), (2, 0.8)]


def test_a_trainer_that_is_done_at_once_completes_the_tuning_at_once() -> None:
    class QuickTrainer(ManualTrainer):
        def start(self, run: TrainingRun) -> None:
            super().start(run)
            run.metric("validation:accuracy", 0.9)
            run.completed()

    site = Site(QuickTrainer())
    site.begin(jobs=50, parallel=2)
    assert (site.status, len(site.trainer.runs)) == ("Completed", 50)
    assert len([event for event in site.events if "completed" in event]) == 1
