"""Single faults with their exact outcome; `test_campaign.py` has all of them at every call."""

from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault, ProcessDeath
from tests.lifecycle.provider import CREATE_FAILED
from tests.lifecycle.world import World

URL = "https://api.sagemaker.eu-west-1.amazonaws.com/"

PASSING: dict[str, Callable[[], Exception]] = {
    "throttled": lambda: client_error("ThrottlingException", "Any"),
    "internal error": lambda: client_error("InternalFailure", "Any", status=500),
    "read timeout": lambda: ReadTimeoutError(endpoint_url=URL),
    "connect timeout": lambda: ConnectTimeoutError(endpoint_url=URL),
}


def passing(kind: str, operation: str, *, acted: bool = False) -> Fault:
    return Fault(operation, 1, PASSING[kind](), acted=acted)


@pytest.mark.parametrize("kind", PASSING)
def test_start_of_a_job_that_meets_a_passing_error_is_repeated(world: World, kind: str) -> None:
    world.faults.append(passing(kind, "create_training_job"))

    assert world.resource.create(world.old).ok
    assert len(world.jobs) == 1


@pytest.mark.parametrize("kind", PASSING)
def test_job_whose_answer_was_lost_is_found_by_the_next_poll(world: World, kind: str) -> None:
    world.faults.append(passing(kind, "create_training_job", acted=True))

    assert world.resource.create(world.old).ok
    assert len(world.jobs) == 1


@pytest.mark.parametrize("acted", [False, True], ids=["before it acts", "after it acted"])
def test_handler_killed_while_it_starts_a_job_leaves_none_running(
    world: World, acted: bool
) -> None:
    killed = ProcessDeath("signal: killed")
    world.faults.append(Fault("create_training_job", 1, killed, acted=acted))
    world.completing = False
    response = world.resource.create(world.old)

    assert not response.ok
    assert response.physical_id != CREATE_FAILED
    assert world.sagemaker.running() == []


def test_handler_killed_in_the_event_has_started_nothing(world: World) -> None:
    world.faults.append(Fault("head_object", 1, ProcessDeath("signal: killed")))
    response = world.resource.create(world.old)

    assert response.physical_id == CREATE_FAILED
    assert not world.jobs


def test_job_refused_for_good_fails_at_once(world: World) -> None:
    denied = client_error("AccessDeniedException", "CreateTrainingJob", message="no PassRole")
    world.faults.append(Fault("create_training_job", 1, denied))
    response = world.begin_create().response

    assert response is not None
    assert "did not start the training job Sandbox-blazingtext-" in response.reason
    assert "no PassRole" in response.reason
    assert "Grant what it names to the provider's poll function" in response.reason
    assert not world.jobs


def test_request_that_sagemaker_finds_wrong_is_to_be_corrected(world: World) -> None:
    wrong = client_error("ValidationException", "CreateTrainingJob", message="bad VolumeSizeInGB")
    world.faults.append(Fault("create_training_job", 1, wrong))
    response = world.begin_create().response

    assert response is not None
    assert "Correct what it names, and deploy again." in response.reason


def test_exhausted_quota_names_the_quota(world: World) -> None:
    limit = client_error("ResourceLimitExceeded", "CreateTrainingJob")
    world.faults.append(Fault("create_training_job", 1, limit))
    response = world.resource.create(world.old)

    assert '"ml.c5.xlarge for training job usage"' in response.reason


def test_request_that_arrives_after_its_timeout_is_found_by_the_next_poll(world: World) -> None:
    world.faults.append(passing("read timeout", "create_training_job"))
    late = world.begin_create()
    world.begin_create()  # stands for the service, which carries the request out at last

    assert late.poll() is None
    assert world.status(late.physical_id) == "InProgress"


@pytest.mark.parametrize("kind", PASSING)
def test_passing_error_while_polling_is_not_the_end(world: World, kind: str) -> None:
    operation = world.begin_create()
    world.sagemaker.settle()
    world.faults.append(passing(kind, "describe_training_job"))

    assert operation.poll() is None
    response = operation.poll()
    assert response is not None
    assert response.ok


def test_denied_poll_fails_with_what_was_denied(world: World) -> None:
    operation = world.begin_create()
    denied = client_error("AccessDeniedException", "DescribeTrainingJob", status=403)
    world.faults.append(Fault("describe_training_job", 1, denied))
    response = operation.poll()

    assert response is not None
    assert "AccessDeniedException" in response.reason
    assert "Grant what is named, and deploy again." in response.reason


@pytest.mark.parametrize("operation", ["head_object", "describe_training_job"])
def test_error_of_aws_in_a_create_is_answered_with_an_id_whose_delete_finds_its_job(
    world: World, operation: str
) -> None:
    """Lambda may deliver the event a second time, and that delivery may start the job."""
    world.faults.append(passing("throttled", operation))
    response = world.begin_create().response
    duplicate = world.begin_create()

    assert response is not None
    assert "ThrottlingException" in response.reason
    assert "Nothing was started. Deploy again." in response.reason
    assert response.physical_id == "Sandbox-blazingtext-unnamed"
    world.begin_delete(response.physical_id).poll()
    assert world.status(duplicate.physical_id) == "Stopping"


def test_error_of_aws_in_an_update_fails_under_the_former_id(world: World) -> None:
    world.resource.create(world.old)
    world.faults.append(passing("throttled", "head_object"))
    response = world.begin_update(world.new).response

    assert response is not None
    assert "ThrottlingException" in response.reason
    assert response.physical_id == world.resource.physical_id
