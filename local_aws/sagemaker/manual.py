"""A trainer and a host that do nothing by themselves, for tests that drive states by hand.

trainer, hosting = ManualTrainer(), ManualHosting()
plane = ControlPlane(trainer=trainer, hosting=hosting)
plane.call("CreateTrainingJob", {...})
trainer.runs["my-job"].completed()
"""

from collections.abc import Mapping
from typing import Any

from local_aws.sagemaker.endpoints import Deployment
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.training_jobs import TrainingRun


class ManualTrainer:
    """Accepts every job and waits to be told what becomes of it.

    Attributes:
        runs: each job that was started, by name, to report on.
        stop_requests: the names that StopTrainingJob asked to stop, in order.
        refusal: raised by the next CreateTrainingJob, as for a channel without objects.
    """

    def __init__(self) -> None:
        self.runs: dict[str, TrainingRun] = {}
        self.stop_requests: list[str] = []
        self.refusal: SageMakerError | None = None

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse the request if a refusal is set."""
        if self.refusal is not None:
            raise self.refusal

    def start(self, run: TrainingRun) -> None:
        """Remember the run."""
        self.runs[run.name] = run

    def stop(self, name: str) -> None:
        """Remember the request; the test calls `runs[name].stopped()`."""
        self.stop_requests.append(name)


class ManualHosting:
    """Accepts every deployment and waits to be told what becomes of it.

    Attributes:
        deployments: the latest deployment of each endpoint, by endpoint name.
        removed: the names of the endpoints that were deleted, in order.
    """

    def __init__(self) -> None:
        self.deployments: dict[str, Deployment] = {}
        self.removed: list[str] = []

    def deploy(self, deployment: Deployment) -> None:
        """Remember the deployment."""
        self.deployments[deployment.endpoint_name] = deployment

    def remove(self, endpoint_name: str) -> None:
        """Remember the name."""
        self.removed.append(endpoint_name)
