"""Delete: afterwards no job runs that no resource owns, and no other job was touched."""

import pytest

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import CREATE_FAILED, Operation, load_event
from tests.lifecycle.world import World

REQUEST_MEMBERS = (
    "AlgorithmSpecification",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "RoleArn",
    "StoppingCondition",
)


def begin_cancelled(world: World) -> Operation:
    """CloudFormation's Delete for a Create that it did not wait for."""
    return world.begin(load_event("delete_of_cancelled_create"))


def test_delete_stops_a_running_job_and_waits_for_its_end(world: World) -> None:
    job = world.begin_create().physical_id
    operation = world.begin_delete(job)

    assert operation.poll() is None
    assert world.status(job) == "Stopping"
    assert operation.poll() is None
    world.pass_time()
    assert operation.poll() is not None


def test_start_of_a_delete_calls_nothing(world: World) -> None:
    job = world.begin_create().physical_id
    world.calls.clear()
    world.begin_delete(job)

    assert world.calls == []


def test_delete_of_a_completed_job_leaves_it(world: World) -> None:
    world.resource.create(world.old)

    assert world.resource.delete().ok
    assert world.status(world.resource.physical_id) == "Completed"


def test_delete_of_a_job_that_never_was_succeeds(world: World) -> None:
    operation = world.begin_delete("Sandbox-blazingtext-000000000000")
    world.let_settle()

    assert operation.poll() is not None


def test_delete_waits_for_a_job_that_a_duplicate_event_may_still_start(world: World) -> None:
    operation = world.begin_delete(world.begin(load_event("create")).physical_id)
    assert operation.poll() is None
    job = world.begin_create().physical_id
    operation.poll()

    assert world.status(job) == "Stopping"


def test_delete_stops_every_attempt_of_its_job(world: World) -> None:
    first = world.begin_create().physical_id
    world.sagemaker.fail(first)
    second = world.begin_create().physical_id
    world.begin_delete(first).poll()

    assert world.status(second) == "Stopping"


def test_delete_finds_its_job_behind_an_attempt_that_was_deleted(world: World) -> None:
    first = world.begin_create().physical_id
    world.sagemaker.fail(first)
    second = world.begin_create().physical_id
    world.sagemaker.forget(first)
    world.begin_delete(second).poll()

    assert world.status(second) == "Stopping"


def test_delete_of_a_cancelled_create_stops_its_job(world: World) -> None:
    job = world.begin_create().physical_id
    operation = begin_cancelled(world)
    operation.poll()

    assert world.status(job) == "Stopping"


def test_delete_of_a_cancelled_create_waits_for_a_job_that_is_about_to_start(
    world: World,
) -> None:
    operation = begin_cancelled(world)
    assert operation.poll() is None
    job = world.begin_create().physical_id
    operation.poll()

    assert world.status(job) == "Stopping"


def test_delete_of_a_cancelled_create_succeeds_once_no_job_can_start_any_more(
    world: World,
) -> None:
    operation = begin_cancelled(world)
    assert operation.poll() is None
    world.let_settle()

    assert operation.poll() is not None


def test_delete_of_a_cancelled_create_does_not_wait_when_its_job_has_completed(
    world: World,
) -> None:
    world.resource.create(world.old)

    assert begin_cancelled(world).poll() is not None


def test_delete_of_a_cancelled_create_fails_when_its_data_may_not_be_looked_up(
    world: World,
) -> None:
    operation = begin_cancelled(world)
    world.let_settle()
    denied = client_error("403", "HeadObject", status=403)
    world.faults.append(Fault("head_object", 1, denied))
    response = operation.poll()

    assert response is not None
    assert "HeadObject" in response.reason
    assert "Stop the training job by hand" in response.reason


def test_delete_of_a_cancelled_create_succeeds_when_the_data_is_gone(world: World) -> None:
    world.remove_data(world.old)

    assert begin_cancelled(world).poll() is not None


def test_delete_of_an_invented_id_with_invalid_properties_succeeds(world: World) -> None:
    event = load_event("delete_of_cancelled_create") | {"ResourceProperties": {}}

    assert world.begin(event).poll() is not None


def test_framework_ignores_the_delete_of_a_create_that_failed_to_start(world: World) -> None:
    world.remove_data(world.old)

    assert world.resource.create(world.old).physical_id == CREATE_FAILED


@pytest.mark.parametrize(
    "foreign",
    [
        "Production-blazingtext-0123456789ab",
        "Sandbox-blazingtext-extra-0123456789ab",
        "Sandbox-blazingtext-0123456789ab-21",
        "someone-elses-job",
    ],
)
def test_job_outside_the_prefix_is_never_touched(world: World, foreign: str) -> None:
    ours = world.begin_create().physical_id
    request = {member: world.jobs[ours][member] for member in REQUEST_MEMBERS}
    world.sagemaker.create_training_job(**request, TrainingJobName=foreign)
    operation = world.begin_delete(foreign)
    world.let_settle()
    operation.poll()

    assert world.status(foreign) == "InProgress"


def test_job_that_ends_while_it_is_being_stopped_is_no_error(world: World) -> None:
    operation = world.begin_delete(world.begin_create().physical_id)
    ended = client_error("ValidationException", "StopTrainingJob", message="status Completed")
    world.faults.append(Fault("stop_training_job", 1, ended))
    assert operation.poll() is None
    world.pass_time()

    assert operation.poll() is not None


def test_job_that_is_forgotten_while_it_is_being_stopped_is_no_error(world: World) -> None:
    operation = world.begin_delete(world.begin_create().physical_id)
    gone = client_error("ResourceNotFound", "StopTrainingJob")
    world.faults.append(Fault("stop_training_job", 1, gone))

    assert operation.poll() is None


def test_refused_stop_fails_the_delete_and_names_a_remedy(world: World) -> None:
    operation = world.begin_delete(world.begin_create().physical_id)
    denied = client_error("AccessDeniedException", "StopTrainingJob", message="not authorized")
    world.faults.append(Fault("stop_training_job", 1, denied, until_call=2))
    assert operation.poll() is None
    world.let_settle()
    response = operation.poll()

    assert response is not None
    assert "not authorized" in response.reason
    assert "Stop the training job by hand" in response.reason


def test_new_deployment_after_a_cancelled_one_trains_again(world: World) -> None:
    first = world.begin_create().physical_id
    begin_cancelled(world).poll()

    assert world.begin_create().physical_id == f"{first}-2"
