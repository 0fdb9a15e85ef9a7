"""A control plane for tuning jobs that are driven by hand."""

from typing import Any

import pytest

from local_aws.sagemaker.clock import Clock as Time
from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.training_run import TrainingRun
from tests.manual_sagemaker import (
    ManualAlarms,
    ManualHosting,
    ManualTrainer,
    MiddleOptimiser,
)
from tests.unit.local_aws.sagemaker.test_control_plane import Clock
from tests.unit.local_aws.sagemaker.tuning_request import NAME, config, limits, tuning_request

ARN = f"arn:aws:sagemaker:us-east-1:000000000000:hyper-parameter-tuning-job/{NAME.lower()}"


class Site:
    """A control plane in which the test is the trainer, the optimiser and the clock."""

    def __init__(self, trainer: ManualTrainer | None = None, clock: Time | None = None) -> None:
        self.trainer = trainer or ManualTrainer()
        self.optimiser = MiddleOptimiser()
        self.alarms = ManualAlarms()
        self.events: list[str] = []
        self.plane = ControlPlane(
            trainer=self.trainer,
            hosting=ManualHosting(),
            clock=clock or Clock(),
            optimiser=self.optimiser,
            alarm=self.alarms,
            report=self.events.append,
        )

    def begin(self, *, name: str = NAME, jobs: int = 3, parallel: int = 2, **more: Any) -> None:
        given = config(ResourceLimits=limits(jobs, parallel), **more)
        self.call("Create", HyperParameterTuningJobConfig=given, name=name)

    def call(self, verb: str, *, name: str = NAME, **members: Any) -> dict[str, Any]:
        request = {"HyperParameterTuningJobName": name}
        if verb == "Create":
            request = tuning_request(name)
        return self.plane.call(f"{verb}HyperParameterTuningJob", request | members)

    def refusal(self, verb: str, **members: Any) -> SageMakerError:
        with pytest.raises(SageMakerError) as caught:
            self.call(verb, **members)
        return caught.value

    def describe(self) -> dict[str, Any]:
        return self.call("Describe")

    @property
    def status(self) -> str:
        return str(self.describe()["HyperParameterTuningJobStatus"])

    def children(self, **request: Any) -> list[dict[str, Any]]:
        operation = "ListTrainingJobsForHyperParameterTuningJob"
        answer = self.plane.call(operation, {"HyperParameterTuningJobName": NAME} | request)
        rows: list[dict[str, Any]] = answer["TrainingJobSummaries"]
        return rows

    def run(self, number: int) -> TrainingRun:
        """The number-th training job that was started, from 1."""
        return list(self.trainer.runs.values())[number - 1]

    def complete(self, number: int, accuracy: float | None = 0.9) -> None:
        run = self.run(number)
        if accuracy is not None:
            run.metric("validation:accuracy", accuracy)
        run.completed()
