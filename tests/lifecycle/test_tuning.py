"""A tuning job in place of a training job: the same rules, and its best training job's model."""

from datetime import timedelta

import pytest

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import Json, load_event
from tests.lifecycle.world import World

BUDGET = timedelta(seconds=int(load_event("create")["ResourceProperties"]["MaxRuntimeInSeconds"]))


@pytest.fixture
def world() -> World:
    return World(tuning=True)


def tuning_jobs(world: World) -> list[str]:
    return list(world.sagemaker.tuning_statuses())


def test_create_runs_one_tuning_job_and_no_other_training_job(world: World) -> None:
    assert world.resource.create(world.old).ok

    (tuning,) = tuning_jobs(world)
    assert [name for name in world.jobs if not name.startswith(f"{tuning}-0")] == []


def test_resource_has_the_name_of_the_tuning_job(world: World) -> None:
    response = world.resource.create(world.old)

    assert [response.physical_id] == tuning_jobs(world)


def test_stack_goes_on_with_the_best_training_job(world: World) -> None:
    operation = world.begin_create()
    for accuracy in (0.81, 0.93, 0.88):
        (name, *_) = world.sagemaker.running()
        if accuracy == 0.93:
            best = name
        world.sagemaker.complete(name, accuracy)
    response = operation.poll()

    assert response is not None
    assert response.data == {
        "TrainingJobName": best,
        "ModelDataUrl": f"{world.old['OutputPath']}/{best}/output/model.tar.gz",
        "ValidationAccuracy": "0.9300",
    }


def test_failed_training_job_does_not_end_the_search(world: World) -> None:
    operation = world.begin_create()
    world.sagemaker.fail(world.sagemaker.running()[0])
    assert operation.poll() is None
    world.sagemaker.settle()
    world.sagemaker.settle()

    response = operation.poll()
    assert response is not None
    assert response.ok


def test_search_without_any_model_fails_and_says_why(world: World) -> None:
    world.failing = True
    response = world.resource.create(world.old)

    (tuning,) = tuning_jobs(world)
    assert response.reason.startswith(f"The tuning job {tuning} ended Failed: No training job")
    assert f"streams that begin with {tuning}." in response.reason


def test_search_out_of_time_goes_on_with_the_best_so_far(world: World) -> None:
    operation = world.begin_create()
    first, second = world.sagemaker.running()
    world.sagemaker.complete(first, 0.9)
    world.sagemaker.now += BUDGET
    world.sagemaker.alarms.ring()
    world.sagemaker.settle_stops()
    response = operation.poll()

    assert world.status(second) == "Stopped"
    assert response is not None
    assert response.data["TrainingJobName"] == first


def test_search_out_of_time_with_nothing_found_says_what_to_do(world: World) -> None:
    operation = world.begin_create()
    world.sagemaker.now += BUDGET
    world.sagemaker.alarms.ring()
    world.sagemaker.settle_stops()
    response = operation.poll()

    assert response is not None
    assert "ended Stopped (MaxRuntimeExceeded): it took longer than 2700 s" in response.reason


def test_same_inputs_are_not_searched_twice(world: World) -> None:
    world.resource.create(world.old)
    world.resource.delete()
    world.resource.create(world.old)

    assert len(tuning_jobs(world)) == 1


def test_failed_search_is_attempted_again_under_a_further_name(world: World) -> None:
    world.failing = True
    world.resource.create(world.old)
    world.failing = False
    response = world.resource.create(world.old)

    first, second = tuning_jobs(world)
    assert (response.ok, second) == (True, f"{first}-2")


@pytest.mark.parametrize("again", ["cancelled", "deleted"])
def test_abandoned_search_is_stopped_with_all_its_training_jobs(world: World, again: str) -> None:
    world.completing = False
    operation = world.begin_create()
    event = load_event("delete_of_cancelled_create") | {"ResourceProperties": world.old}
    if again == "deleted":
        event["PhysicalResourceId"] = operation.physical_id
    delete = world.begin_and_poll(event)

    assert {world.status(name) for name in world.jobs} == {"Stopping"}
    world.sagemaker.settle_stops()
    world.let_settle()
    assert delete.poll() is not None
    assert world.status(operation.physical_id) == "Stopped"


def test_delete_waits_until_the_training_jobs_have_stopped(world: World) -> None:
    world.completing = False
    operation = world.begin_create()
    delete = world.begin_delete(operation.physical_id)
    delete.poll()
    world.let_settle()

    assert delete.poll() is None
    world.sagemaker.settle_stops()
    assert delete.poll() is not None


def test_request_whose_answer_was_lost_is_found_by_the_next_poll(world: World) -> None:
    lost = client_error("InternalFailure", "CreateHyperParameterTuningJob", status=500)
    world.faults.append(Fault("create_hyper_parameter_tuning_job", 1, lost, acted=True))

    assert world.resource.create(world.old).ok
    assert len(tuning_jobs(world)) == 1


def test_refused_search_says_what_was_refused(world: World) -> None:
    denied = client_error("AccessDeniedException", "CreateHyperParameterTuningJob")
    world.faults.append(Fault("create_hyper_parameter_tuning_job", 1, denied))
    response = world.begin_create().response

    assert response is not None
    assert response.reason.startswith("SageMaker did not start the tuning job Sandbox-tune-")


def deployed(world: World) -> str:
    assert world.resource.create(world.old).ok
    return world.resource.physical_id


def test_new_data_is_searched_anew(world: World) -> None:
    former = deployed(world)
    response = world.resource.update(world.new)

    assert response.ok
    assert tuning_jobs(world) == sorted([former, response.physical_id])


@pytest.mark.parametrize("change", [{"HyperParameters": {"mode": "supervised", "epochs": "7"}}])
def test_value_of_what_is_searched_starts_nothing(world: World, change: Json) -> None:
    world.tuning = True
    first = world.old | {"HyperParameters": {"mode": "supervised", "epochs": "10"}}
    assert world.resource.create(first).ok

    assert world.resource.update(first | change).ok
    assert len(tuning_jobs(world)) == 1


@pytest.mark.parametrize("id_kept", [True, False])
def test_rollback_searches_nothing(world: World, id_kept: bool) -> None:
    former = deployed(world)
    world.resource.update(world.new, id_kept=id_kept, then="The endpoint failed")

    assert world.resource.physical_id == former
    assert len(tuning_jobs(world)) == 2


@pytest.mark.parametrize("id_kept", [True, False])
def test_rollback_whose_data_is_gone_finds_its_search_by_the_models(
    world: World, id_kept: bool
) -> None:
    former = deployed(world)
    world.remove_data(world.old)
    world.resource.update(world.new, id_kept=id_kept, then="The endpoint failed")

    assert world.resource.physical_id == former


def test_search_can_be_switched_off_again(world: World) -> None:
    deployed(world)
    world.tuning = False
    response = world.resource.update(world.old)

    assert response.physical_id.startswith("Sandbox-blazingtext-")


def test_model_of_the_best_job_that_was_deleted_is_searched_anew(world: World) -> None:
    deployed(world)
    for bucket, key in [place for place in world.s3.objects if place[1].endswith("model.tar.gz")]:
        world.s3.delete(bucket, key)
    world.resource.delete()
    response = world.resource.create(world.old)

    assert response.physical_id.endswith("-2")
