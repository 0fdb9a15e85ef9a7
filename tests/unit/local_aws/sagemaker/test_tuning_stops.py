"""Tuning jobs that are stopped, that run out of time, and that a restart interrupts."""

import json
import sys

import pytest

from local_aws.sagemaker.state import interrupted, restore, snapshot
from tests.unit.local_aws.sagemaker.tuning_request import NAME, config, limits
from tests.unit.local_aws.sagemaker.tuning_site import Site


@pytest.fixture
def site() -> Site:
    return Site()


def test_stopping_stops_what_runs_and_starts_no_more(site: Site) -> None:
    site.begin(jobs=5, parallel=2)
    site.call("Stop")
    assert site.status == "Stopping"
    assert site.trainer.stop_requests == list(site.trainer.runs)
    site.run(1).stopped()
    assert site.status == "Stopping"
    site.run(2).stopped()
    assert (site.status, len(site.trainer.runs)) == ("Stopped", 2)


def test_a_stopped_tuning_job_keeps_its_best_training_job(site: Site) -> None:
    site.begin(jobs=5, parallel=1)
    site.complete(1, 0.9)
    site.call("Stop")
    site.run(2).stopped()
    described = site.describe()
    assert described["HyperParameterTuningJobStatus"] == "Stopped"
    assert described["BestTrainingJob"]["TrainingJobName"] == site.run(1).name


def test_stopping_twice_is_no_error(site: Site) -> None:
    site.begin()
    for _ in range(2):
        site.call("Stop")
    assert len(site.trainer.stop_requests) == 2


def test_stopping_leaves_a_training_job_alone_that_is_stopping_already(site: Site) -> None:
    site.begin()
    site.plane.call("StopTrainingJob", {"TrainingJobName": site.run(1).name})
    site.call("Stop")
    assert sorted(site.trainer.stop_requests) == list(site.trainer.runs)


def test_a_tuning_job_that_is_over_cannot_be_stopped(site: Site) -> None:
    site.begin(jobs=1)
    site.complete(1)
    error = site.refusal("Stop")
    assert error.code == "ValidationException"
    assert error.message == (
        "The request was rejected because the hyperparameter tuning job is in status Completed."
    )


def test_time_that_is_over_stops_a_tuning_job(site: Site) -> None:
    given = config(ResourceLimits=limits(5, 2, MaxRuntimeInSeconds=120))
    site.call("Create", HyperParameterTuningJobConfig=given)
    site.complete(1, 0.9)
    assert [seconds for seconds, _ in site.alarms.pending.values()] == [120]
    site.alarms.ring()
    assert site.status == "Stopping"
    for number in (2, 3):
        site.run(number).stopped()
    assert (site.status, len(site.trainer.runs)) == ("Stopped", 3)
    assert site.describe()["BestTrainingJob"]["TrainingJobName"] == site.run(1).name


@pytest.mark.parametrize("ending", ["complete", "stop"])
def test_a_tuning_job_that_is_over_has_no_alarm(site: Site, ending: str) -> None:
    given = config(ResourceLimits=limits(1, 1, MaxRuntimeInSeconds=120))
    site.call("Create", HyperParameterTuningJobConfig=given)
    if ending == "complete":
        site.complete(1)
    else:
        site.call("Stop")
        site.run(1).stopped()
    assert site.alarms.pending == {}


def test_an_alarm_that_goes_off_too_late_changes_nothing(site: Site) -> None:
    given = config(ResourceLimits=limits(1, 1, MaxRuntimeInSeconds=120))
    site.call("Create", HyperParameterTuningJobConfig=given)
    [(_, late)] = site.alarms.pending.values()
    site.complete(1)
    late()
    assert site.status == "Completed"


def test_without_a_time_limit_there_is_no_alarm(site: Site) -> None:
    site.begin()
    assert site.alarms.pending == {}


def again(site: Site) -> Site:
    """The embedded AWS after a restart."""
    saved = json.loads(json.dumps(snapshot(site.plane)))
    site = Site()
    restore(site.plane, saved)
    return site


def test_a_tuning_job_that_was_over_is_the_same_after_a_restart(site: Site) -> None:
    site.begin()
    for number in (1, 2, 3):
        site.complete(number)
    before = site.describe(), site.children()
    after = again(site)
    assert (after.describe(), after.children()) == before


def test_a_tuning_job_that_ran_has_failed_after_a_restart(site: Site) -> None:
    site.begin()
    site.complete(1, 0.9)
    after = again(site)
    described = after.describe()
    assert described["HyperParameterTuningJobStatus"] == "Failed"
    assert described["FailureReason"] == (
        "InternalServerError: the embedded AWS was stopped while this job ran."
    )
    assert [row["TrainingJobStatus"] for row in after.children()] == [
        "Completed",
        "Failed",
        "Failed",
    ]
    assert after.trainer.runs == {}


def test_a_person_sees_which_tuning_job_the_end_interrupted(site: Site) -> None:
    site.begin(name="over", jobs=1)
    site.complete(1)
    site.begin()
    assert [line for line in interrupted(snapshot(site.plane)) if line.startswith("tuning")] == [
        f"tuning job {NAME} was running when the embedded AWS ended: it is Failed"
    ]


def test_a_tuning_job_that_failed_with_the_restart_can_be_deleted_and_not_stopped(
    site: Site,
) -> None:
    site.begin()
    after = again(site)
    assert after.refusal("Stop").code == "ValidationException"
    after.call("Delete")
    assert after.refusal("Describe").code == "ResourceNotFound"


def test_a_training_job_that_the_state_does_not_have_has_failed(site: Site) -> None:
    site.begin()
    saved = snapshot(site.plane) | {"training_jobs": []}
    after = Site()
    restore(after.plane, saved)
    assert {row["TrainingJobStatus"] for row in after.children()} == {"Failed"}


def test_a_state_from_before_there_were_tuning_jobs_is_taken_over(site: Site) -> None:
    saved = snapshot(site.plane)
    del saved["tuning_jobs"]
    restore(site.plane, saved)
    assert site.refusal("Describe").code == "ResourceNotFound"


def test_nothing_starts_after_the_end_of_the_embedded_aws(site: Site) -> None:
    given = config(ResourceLimits=limits(5, 2, MaxRuntimeInSeconds=120))
    site.call("Create", HyperParameterTuningJobConfig=given)
    site.plane.tuning_jobs.close()
    assert site.alarms.pending == {}
    for number in (1, 2):
        site.run(number).stopped()
    site.call("Create", name="too-late")
    assert len(site.trainer.runs) == 2


def test_optuna_is_not_loaded_without_a_tuning_job_that_needs_it() -> None:
    import subprocess

    program = (
        "import sys; from local_aws.sagemaker.control_plane import ControlPlane;"
        "from tests.manual_sagemaker import *;"
        "ControlPlane(trainer=ManualTrainer(), hosting=ManualHosting());"
        "sys.exit('optuna' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
