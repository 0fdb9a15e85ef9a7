"""Update and rollback: retraining never hurts, and going back never trains."""

import pytest

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import Json, load_event
from tests.lifecycle.world import World


@pytest.fixture
def deployed(world: World) -> World:
    """The first version of the stack is deployed."""
    assert world.resource.create(world.old).ok
    return world


@pytest.fixture(params=[True, False], ids=["former id", "returned id"])
def id_kept(request: pytest.FixtureRequest) -> bool:
    """With which id CloudFormation goes on after a failed update."""
    return bool(request.param)


def test_new_data_trains_one_new_job(deployed: World) -> None:
    former = deployed.resource.physical_id
    response = deployed.resource.update(deployed.new)

    assert response.ok
    assert response.physical_id != former
    assert len(deployed.jobs) == 2


def test_update_leaves_the_former_job_completed(deployed: World) -> None:
    former = deployed.resource.physical_id
    deployed.resource.update(deployed.new)

    assert deployed.status(former) == "Completed"


@pytest.mark.parametrize(
    "change",
    [
        {"MaxRuntimeInSeconds": "600"},
        {"MaxRuntimeInSeconds": "3000"},
        {"RoleArn": "arn:aws:iam::123456789012:role/another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_no_model_starts_no_job(deployed: World, change: Json) -> None:
    response = deployed.resource.update(deployed.old | change)

    assert response.ok
    assert len(deployed.jobs) == 1


def test_update_back_to_earlier_data_reuses_its_job(deployed: World) -> None:
    first = deployed.resource.physical_id
    deployed.resource.update(deployed.new)
    deployed.resource.update(deployed.old)

    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 2


def test_rollback_after_a_failed_job_starts_no_job(deployed: World, id_kept: bool) -> None:
    first = deployed.resource.physical_id
    deployed.failing = True
    response = deployed.resource.update(deployed.new, id_kept=id_kept)

    assert "made by the test" in response.reason
    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 2


def test_rollback_after_another_resource_failed_starts_no_job(deployed: World) -> None:
    first = deployed.resource.physical_id
    deployed.resource.update(deployed.new, then="the endpoint failed")

    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 2


def test_rollback_needs_no_data(deployed: World, id_kept: bool) -> None:
    first = deployed.resource.physical_id
    deployed.remove_data(deployed.old)
    deployed.failing = True
    deployed.resource.update(deployed.new, id_kept=id_kept)

    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 2


def test_rollback_with_overwritten_data_keeps_the_former_job(deployed: World) -> None:
    first = deployed.resource.physical_id
    deployed.upload(deployed.old["TrainKey"], "__label__positive overwritten\n")
    deployed.failing = True
    deployed.resource.update(deployed.new)

    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 2


def test_rollback_of_an_update_whose_data_was_missing_keeps_the_former_job(
    deployed: World,
) -> None:
    first = deployed.resource.physical_id
    deployed.remove_data(deployed.new)
    response = deployed.resource.update(deployed.new)

    assert deployed.new["TrainKey"] in response.reason
    assert deployed.resource.physical_id == first
    assert len(deployed.jobs) == 1


def test_rollback_finds_the_right_one_among_several_models(deployed: World) -> None:
    first = deployed.resource.physical_id
    deployed.resource.update(deployed.old | {"MaxRuntimeInSeconds": "600"})
    other_rate = deployed.old["HyperParameters"] | {"learning_rate": "0.5"}
    deployed.resource.update(deployed.old | {"HyperParameters": other_rate})
    deployed.resource.update(deployed.old)
    deployed.remove_data(deployed.old)
    deployed.resource.update(deployed.new, then="the endpoint failed")

    assert deployed.resource.physical_id == first


def test_update_of_what_shapes_no_model_trains_on_data_that_was_overwritten(
    deployed: World,
) -> None:
    former = deployed.resource.physical_id
    deployed.upload(deployed.old["TrainKey"], "__label__positive overwritten\n")
    response = deployed.resource.update(deployed.old | {"MaxRuntimeInSeconds": "3000"})

    assert response.ok
    assert deployed.resource.physical_id != former


def test_rollback_prefers_the_newest_model_of_overwritten_data(deployed: World) -> None:
    deployed.upload(deployed.old["TrainKey"], "__label__positive overwritten\n")
    deployed.resource.update(deployed.old | {"MaxRuntimeInSeconds": "600"})
    newest = deployed.resource.physical_id
    deployed.remove_data(deployed.old)
    deployed.resource.update(deployed.new, then="the endpoint failed")

    assert deployed.resource.physical_id == newest


def test_forward_update_to_missing_data_fails(deployed: World) -> None:
    deployed.remove_data(deployed.new)
    operation = deployed.begin_update(deployed.new)

    assert operation.response is not None
    assert "lacks training data" in operation.response.reason


def test_models_that_may_not_be_listed_leave_the_message_on_the_data(deployed: World) -> None:
    deployed.remove_data(deployed.new)
    denied = client_error("AccessDenied", "ListObjectsV2", status=403)
    deployed.faults.append(Fault("list_objects_v2", 1, denied))
    operation = deployed.begin_update(deployed.new)

    assert operation.response is not None
    assert "lacks training data" in operation.response.reason


def test_runtime_can_be_changed_without_the_data_and_without_a_list_of_models(
    deployed: World,
) -> None:
    deployed.remove_data(deployed.old)
    denied = client_error("AccessDenied", "ListObjectsV2", status=403)
    deployed.faults.append(Fault("list_objects_v2", 1, denied))
    response = deployed.resource.update(deployed.old | {"MaxRuntimeInSeconds": "600"})

    assert response.ok
    assert len(deployed.jobs) == 1


def test_duplicate_update_event_reuses_the_running_job(deployed: World) -> None:
    first, second = deployed.begin_update(deployed.new), deployed.begin_update(deployed.new)

    assert first.physical_id == second.physical_id
    assert len(deployed.jobs) == 2


def test_rollback_stops_the_job_of_an_update_that_timed_out(deployed: World) -> None:
    deployed.completing = False
    response = deployed.resource.update(deployed.new)

    assert response.reason == "Operation timed out"
    assert deployed.status(response.physical_id) == "Stopped"
    assert deployed.sagemaker.running() == []


def test_rollback_is_not_complete_before_the_stopped_job_has_ended(deployed: World) -> None:
    abandoned = deployed.begin_update(deployed.new)
    rollback = deployed.begin_update(deployed.old, OldResourceProperties=deployed.new)

    assert rollback.poll() is None
    assert deployed.status(abandoned.physical_id) == "Stopping"
    deployed.let_settle()
    assert rollback.poll() is None
    deployed.pass_time()
    assert rollback.poll() is not None


def test_rollback_waits_for_an_attempt_after_one_that_failed(deployed: World) -> None:
    """What failed may have failed before: the update that is rolled back starts another."""
    failed = deployed.begin_update(deployed.new)
    deployed.sagemaker.fail(failed.physical_id)
    rollback = deployed.begin_update(deployed.old, OldResourceProperties=deployed.new)

    assert rollback.poll() is None
    deployed.let_settle()
    assert rollback.poll() is not None


def test_rollback_waits_for_a_job_that_a_cancelled_update_may_still_start(
    deployed: World,
) -> None:
    update = {
        "PhysicalResourceId": deployed.resource.physical_id,
        "ResourceProperties": deployed.new,
        "OldResourceProperties": deployed.old,
    }
    cancelled = deployed.begin(load_event("update") | update)
    rollback = deployed.begin_update(deployed.old, OldResourceProperties=deployed.new)
    assert rollback.poll() is None
    cancelled.poll()
    rollback.poll()

    assert deployed.status(cancelled.physical_id) == "Stopping"


def test_rollback_asks_again_when_the_abandoned_job_may_not_be_stopped(deployed: World) -> None:
    abandoned = deployed.begin_update(deployed.new)
    denied = client_error("AccessDeniedException", "StopTrainingJob")
    deployed.faults.append(Fault("stop_training_job", 1, denied))
    rollback = deployed.begin_update(deployed.old, OldResourceProperties=deployed.new)
    assert deployed.status(abandoned.physical_id) == "InProgress"
    assert rollback.poll() is None

    assert deployed.status(abandoned.physical_id) == "Stopping"


def test_rollback_that_may_not_stop_the_abandoned_job_fails_and_says_so(deployed: World) -> None:
    deployed.begin_update(deployed.new)
    denied = client_error("AccessDeniedException", "StopTrainingJob", message="not authorized")
    deployed.faults.append(Fault("stop_training_job", 1, denied, until_call=2))
    rollback = deployed.begin_update(deployed.old, OldResourceProperties=deployed.new)
    deployed.let_settle()
    response = rollback.poll()

    assert response is not None
    assert "not authorized" in response.reason
