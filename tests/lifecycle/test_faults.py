"""A fault at every call of every operation: the promises of the resource hold all the same."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.lifecycle.fake_aws import Fault, client_error
from tests.lifecycle.provider import load_event
from tests.lifecycle.world import World

URL = "https://api.sagemaker.eu-west-1.amazonaws.com/"

ERRORS: dict[str, Callable[[], Exception]] = {
    "throttled": lambda: client_error("ThrottlingException", "Any"),
    "internal error": lambda: client_error("InternalFailure", "Any", status=500),
    "read timeout": lambda: ReadTimeoutError(endpoint_url=URL),
    "connect timeout": lambda: ConnectTimeoutError(endpoint_url=URL),
    "denied": lambda: client_error("AccessDeniedException", "Any", status=403),
}
TRANSIENT = ["throttled", "internal error", "read timeout", "connect timeout"]
ANSWER_LOST = ["internal error", "read timeout"]
"""Errors with which the service may have acted."""

MOST_CALLS = 20
"""More than any of the operations below makes; a fault that no call meets changes nothing."""


def fault(kind: str, operation: str, at_call: int, *, acted: bool = False) -> Fault:
    return Fault(operation, at_call, ERRORS[kind](), acted=acted)


def test_scenarios_make_fewer_calls_than_are_struck(world: World) -> None:
    """The campaigns below strike calls 1 to MOST_CALLS, so that is all of them."""
    world.resource.create(world.old)
    created = len(world.calls)
    world.resource.update(world.new)
    updated = len(world.calls) - created

    assert created < MOST_CALLS
    assert updated < MOST_CALLS


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_fault_in_a_create_leaves_no_second_job_and_none_running(
    world: World, kind: str, at_call: int
) -> None:
    world.faults.append(fault(kind, "*", at_call))
    response = world.resource.create(world.old)

    assert len(world.jobs) <= 1
    assert world.sagemaker.running() == []
    assert response.ok or "Deploy" in response.reason or "deploy" in response.reason


@pytest.mark.parametrize("kind", ANSWER_LOST)
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_create_survives_every_lost_answer_after_the_job_was_asked_for(
    world: World, kind: str, at_call: int
) -> None:
    world.begin_create()
    calls_to_start = len(world.calls)
    again = World()
    again.faults.append(fault(kind, "*", calls_to_start - 1 + at_call, acted=True))

    assert again.resource.create(again.old).ok
    assert len(again.jobs) == 1


@pytest.mark.parametrize("kind", ERRORS)
def test_nothing_is_raised_after_the_job_was_created(world: World, kind: str) -> None:
    world.faults.append(fault(kind, "create_training_job", 1, acted=True))
    operation = world.begin_create()

    assert operation.response is None
    assert operation.physical_id in world.jobs


@pytest.mark.parametrize("kind", ERRORS)
def test_nothing_is_raised_when_the_job_cannot_be_described_either(world: World, kind: str) -> None:
    world.faults.append(fault("read timeout", "create_training_job", 1, acted=True))
    world.faults.append(fault(kind, "describe_training_job", 2))
    operation = world.begin_create()

    assert operation.response is None
    assert operation.physical_id in world.jobs


def test_any_exception_after_the_job_was_created_is_survived(world: World) -> None:
    world.faults.append(Fault("create_training_job", 1, RuntimeError("a bug"), acted=True))
    operation = world.begin_create()

    assert operation.response is None


@pytest.mark.parametrize("kind", ["throttled", "denied"])
def test_refused_job_fails_at_once(world: World, kind: str) -> None:
    world.faults.append(fault(kind, "create_training_job", 1))
    operation = world.begin_create()

    assert operation.response is not None
    assert "did not start the training job Sandbox-blazingtext-" in operation.response.reason
    assert not world.jobs


def test_exhausted_quota_names_the_quota(world: World) -> None:
    limit = client_error("ResourceLimitExceeded", "CreateTrainingJob")
    world.faults.append(Fault("create_training_job", 1, limit))
    response = world.resource.create(world.old)

    assert '"ml.c5.xlarge for training job usage"' in response.reason


@pytest.mark.parametrize("kind", ANSWER_LOST)
def test_job_whose_request_was_lost_fails_with_that_error(world: World, kind: str) -> None:
    error = fault(kind, "create_training_job", 1)
    world.faults.append(error)
    response = world.resource.create(world.old)

    assert "was never created" in response.reason
    assert type(error.error).__name__ in response.reason


def test_request_that_arrives_after_its_timeout_is_stopped_by_the_rollback(world: World) -> None:
    world.faults.append(fault("read timeout", "create_training_job", 1))
    failed = world.begin_create()
    assert failed.poll() is not None
    world.begin_create()  # stands for the service, which carries the request out at last
    world.begin_delete(failed.physical_id).poll()

    assert world.status(failed.physical_id) == "Stopping"


@pytest.mark.parametrize("kind", TRANSIENT)
def test_passing_error_while_polling_is_not_the_end(world: World, kind: str) -> None:
    operation = world.begin_create()
    world.sagemaker.settle()
    world.faults.append(fault(kind, "describe_training_job", 1))

    assert operation.poll() is None
    response = operation.poll()
    assert response is not None
    assert response.ok


def test_denied_poll_fails_with_what_was_denied(world: World) -> None:
    operation = world.begin_create()
    world.faults.append(fault("denied", "describe_training_job", 1))
    response = operation.poll()

    assert response is not None
    assert "AccessDeniedException" in response.reason


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("acted", [False, True], ids=["before it acts", "after it acted"])
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_delete_stops_the_job_through_any_passing_error(
    world: World, kind: str, acted: bool, at_call: int
) -> None:
    job = world.begin_create().physical_id
    world.completing = False
    world.resource.properties, world.resource.physical_id = world.old, job
    world.faults.append(fault(kind, "*", at_call, acted=acted))

    assert world.resource.delete().ok
    assert world.status(job) == "Stopped"


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_delete_of_a_cancelled_create_stops_the_job_through_any_passing_error(
    world: World, kind: str, at_call: int
) -> None:
    job = world.begin_create().physical_id
    world.completing = False
    invented = load_event("delete_of_cancelled_create")["PhysicalResourceId"]
    world.resource.properties, world.resource.physical_id = world.old, invented
    world.faults.append(fault(kind, "*", at_call))

    assert world.resource.delete().ok
    assert world.status(job) == "Stopped"


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("id_kept", [True, False], ids=["former id", "returned id"])
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_fault_in_an_update_ends_with_one_of_the_two_models_and_no_third_job(
    world: World, kind: str, id_kept: bool, at_call: int
) -> None:
    world.resource.create(world.old)
    first = world.resource.physical_id
    world.faults.append(fault(kind, "*", at_call))
    response = world.resource.update(world.new, id_kept=id_kept)

    assert (world.resource.physical_id == first) is not response.ok
    assert len(world.jobs) <= 2
    assert world.sagemaker.running() == []


@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_call_denied_in_an_update_and_its_rollback_starts_no_third_job(
    world: World, at_call: int
) -> None:
    world.resource.create(world.old)
    world.faults.append(fault("denied", "*", at_call))
    world.begin_update(world.new).poll()
    world.pass_time()
    world.begin_update(world.old, OldResourceProperties=world.new).poll()

    assert len(world.jobs) <= 2


@pytest.mark.parametrize("kind", TRANSIENT)
@pytest.mark.parametrize("at_call", range(1, MOST_CALLS))
def test_rollback_polls_through_any_passing_error_and_starts_no_job(
    world: World, kind: str, at_call: int
) -> None:
    world.resource.create(world.old)
    first = world.resource.physical_id
    world.accuracy = 0.3
    failed = world.begin_update(world.new)
    world.pass_time()
    assert failed.poll() is not None
    rollback = world.begin_update(world.old, OldResourceProperties=world.new)
    world.faults.append(fault(kind, "*", at_call))
    while rollback.poll() is None:
        world.pass_time()

    assert rollback.response is not None
    assert rollback.response.ok
    assert rollback.physical_id == first
    assert len(world.jobs) == 2
