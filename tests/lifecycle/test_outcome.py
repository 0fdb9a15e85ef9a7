"""How a job ends, and what CloudFormation is told: the gate, failures, and who they name."""

import pytest

from tests.lifecycle.world import World


@pytest.mark.parametrize("accuracy", [0.5999, 0.0])
def test_accuracy_below_the_gate_fails_with_both_figures(world: World, accuracy: float) -> None:
    world.accuracy = accuracy
    reason = world.resource.create(world.old).reason

    assert f"{accuracy:.4f}" in reason
    assert "at least 0.6" in reason
    assert "MinimumAccuracy" in reason


def test_accuracy_equal_to_the_gate_passes(world: World) -> None:
    world.accuracy = 0.8999999761581421  # .9 as SageMaker's 32-bit float
    assert world.resource.create(world.old | {"MinimumAccuracy": "0.9"}).ok


def test_missing_accuracy_fails(world: World) -> None:
    world.accuracy = None
    assert "validation:accuracy is missing" in world.resource.create(world.old).reason


def test_accuracy_that_is_not_a_number_fails(world: World) -> None:
    world.accuracy = float("nan")
    assert "not a number (nan)" in world.resource.create(world.old).reason


def test_lower_gate_reuses_the_job_that_missed_the_higher_one(world: World) -> None:
    world.accuracy = 0.55
    assert not world.resource.create(world.old).ok
    response = world.resource.create(world.old | {"MinimumAccuracy": "0.5"})

    assert response.ok
    assert len(world.jobs) == 1


@pytest.mark.parametrize(
    ("status", "secondary", "said"),
    [
        ("Failed", "Failed", "ended Failed: ClientError: no space"),
        ("Stopped", "Stopped", "ended Stopped: ClientError: no space"),
        ("Stopped", "MaxRuntimeExceeded", "longer than 2700 s"),
        ("Deleting", "Completed", "ended Deleting"),
    ],
)
def test_job_that_ends_without_a_model_fails_with_its_reason_and_log(
    world: World, status: str, secondary: str, said: str
) -> None:
    operation = world.begin_create()
    world.sagemaker.show(
        operation.physical_id,
        TrainingJobStatus=status,
        SecondaryStatus=secondary,
        FailureReason="ClientError: no space",
    )
    response = operation.poll()

    assert response is not None
    assert said in response.reason
    assert operation.physical_id in response.reason
    assert "/aws/sagemaker/TrainingJobs" in response.reason


def test_job_that_is_being_stopped_is_waited_for(world: World) -> None:
    operation = world.begin_create()
    world.sagemaker.stop_training_job(TrainingJobName=operation.physical_id)

    assert operation.poll() is None


def test_job_that_does_not_exist_fails(world: World) -> None:
    operation = world.begin_create()
    world.sagemaker.forget(operation.physical_id)
    response = operation.poll()

    assert response is not None
    assert "was never created" in response.reason


def test_completed_job_without_a_model_fails(world: World) -> None:
    operation = world.begin_create()
    world.sagemaker.complete(operation.physical_id, with_model=False)
    response = operation.poll()

    assert response is not None
    assert "completed without a model" in response.reason


def test_poll_refuses_a_job_outside_the_prefix(world: World) -> None:
    operation = world.begin_create()
    operation.event["PhysicalResourceId"] = "Production-blazingtext-0123456789ab"
    response = operation.poll()

    assert response is not None
    assert "is not a training job of Sandbox-blazingtext" in response.reason
