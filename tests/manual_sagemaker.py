"""What does nothing by itself, for tests that drive a control plane's states by hand.

trainer, hosting = ManualTrainer(), ManualHosting()
plane = ControlPlane(trainer=trainer, hosting=hosting)
plane.call("CreateTrainingJob", {...})
trainer.runs["my-job"].completed()

With tuning jobs, `optimiser=MiddleOptimiser()` and `alarm=ManualAlarms()` keep Optuna and
the clock out of it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker.deployment import Deployment
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.training_run import TrainingRun
from local_aws.sagemaker.tuning_space import Choice, IntegerRange, Parameter, SearchSpace, as_text


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
        weights: the latest weights that each endpoint's variants were given.
    """

    def __init__(self) -> None:
        self.deployments: dict[str, Deployment] = {}
        self.removed: list[str] = []
        self.weights: dict[str, dict[str, float]] = {}

    def deploy(self, deployment: Deployment) -> None:
        """Remember the deployment."""
        self.deployments[deployment.endpoint_name] = deployment

    def remove(self, endpoint_name: str) -> None:
        """Remember the name."""
        self.removed.append(endpoint_name)

    def weigh(self, endpoint_name: str, weights: Mapping[str, float]) -> None:
        """Remember them."""
        self.weights[endpoint_name] = dict(weights)


class MiddleOptimiser:
    """Tries the middle of every range, again and again.

    Attributes:
        searches: every search that was begun, in order.
    """

    def __init__(self) -> None:
        self.searches: list[MiddleSearch] = []

    def begin(self, space: SearchSpace) -> "MiddleSearch":
        """Remember the search."""
        self.searches.append(MiddleSearch(space))
        return self.searches[-1]


class MiddleSearch:
    """A search of `MiddleOptimiser`.

    Attributes:
        space: what it searches.
        told: each trial's number and objective, in the order in which they came.
    """

    def __init__(self, space: SearchSpace) -> None:
        self.space = space
        self.told: list[tuple[int, float | None]] = []

    def ask(self) -> dict[str, str]:
        """The middle of every range."""
        return {one.name: _middle(one) for one in self.space.parameters}

    def tell(self, trial: int, objective: float | None) -> None:
        """Remember it."""
        self.told.append((trial, objective))


class ManualAlarms:
    """Alarms that go off when the test says so.

    Attributes:
        pending: the seconds and the action of each alarm that is set, by the order of setting.
    """

    def __init__(self) -> None:
        self.pending: dict[int, tuple[float, Callable[[], None]]] = {}
        self._set = 0

    def __call__(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Set an alarm; gives what calls it off."""
        self._set = number = self._set + 1
        self.pending[number] = (seconds, action)

        def call_off() -> None:
            self.pending.pop(number, None)

        return call_off

    def ring(self) -> None:
        """Let every alarm go off that is set."""
        due = list(self.pending.values())
        self.pending.clear()
        for _, action in due:
            action()


def _middle(parameter: Parameter) -> str:
    if isinstance(parameter, Choice):
        return parameter.values[len(parameter.values) // 2]
    if isinstance(parameter, IntegerRange):
        return as_text((parameter.low + parameter.high) // 2)
    return as_text((parameter.low + parameter.high) / 2)
