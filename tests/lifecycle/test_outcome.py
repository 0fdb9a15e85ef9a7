"""How a job ends, and what CloudFormation is told: models, failures, and who they name."""

import pytest

from tests.lifecycle.world import World


@pytest.mark.parametrize(
    ("accuracy", "said"),
    # .9 as SageMaker's 32-bit float
    [(0.8999999761581421, "0.9000"), (0.0, "0.0000"), (None, "nan"), (float("nan"), "nan")],
)
def test_accuracy_that_the_job_reports_is_passed_on(
    world: World, accuracy: float | None, said: str
) -> None:
    world.accuracy = accuracy
    response = world.resource.create(world.old)

    assert response.ok
    assert response.data["ValidationAccuracy"] == said


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
    world.let_settle()
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
