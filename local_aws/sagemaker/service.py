"""SageMaker as a whole: a control plane for each account and region, and what runs behind it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.invocation_metrics import Invocation
from local_aws.sagemaker.process_hosting import ProcessHosting
from local_aws.sagemaker.process_trainer import BLAZINGTEXT_TRAIN, ProcessTrainer
from local_aws.sagemaker.quotas import Quotas
from local_aws.sagemaker.roles import Assume, ExecutionRoles
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.serving_process import BLAZINGTEXT_SERVE
from local_aws.sagemaker.state import interrupted, restore, snapshot

_ARN_PARTS = {
    "AWS::SageMaker::Model": "model",
    "AWS::SageMaker::EndpointConfig": "endpoint-config",
    "AWS::SageMaker::Endpoint": "endpoint",
}


@dataclass(frozen=True)
class Programs:
    """The container's two programs, each as a command line."""

    train: Sequence[str] = BLAZINGTEXT_TRAIN
    serve: Sequence[str] = BLAZINGTEXT_SERVE
    startup_timeout_s: float | None = None
    """How long a model may take to answer /ping; None takes SageMaker's own limits."""


@dataclass(frozen=True)
class Region:
    """One account's SageMaker in one region, with the processes behind it."""

    plane: ControlPlane
    trainer: ProcessTrainer
    hosting: ProcessHosting


class SageMakerService:
    """Every account's SageMaker; a region comes into being when it is first asked for."""

    def __init__(
        self,
        *,
        assume: Assume,
        directory: Path,
        report: Callable[[str], None],
        programs: Programs,
        quotas: Mapping[str, int] | None = None,
        alarm_states: Callable[[Scope, Iterable[str]], dict[str, str]] = lambda scope, names: {},
    ) -> None:
        """SageMaker without any resource.

        Args:
            assume: assumes the roles of jobs and models.
            directory: holds the files of running jobs and served models.
            report: takes one line for each event that a person cares about.
            programs: what stands for the containers.
            quotas: values that differ from the default ones, and from those of an earlier run.
            alarm_states: gives the states of CloudWatch's alarms; there is none by default.

        Raises:
            ValueError: there is no such quota, or a value is below 0.
        """
        self._assume, self._directory = assume, directory
        self.quotas = Quotas(quotas)
        self._given_quotas = dict(quotas or {})
        self._report, self._programs = report, programs
        self._alarm_states = alarm_states
        self._lock = threading.Lock()
        self._regions: dict[Scope, Region] = {}

    def region(self, scope: Scope) -> Region:
        """The SageMaker of one account and region."""
        with self._lock:
            if scope not in self._regions:
                self._regions[scope] = self._new_region(scope)
            return self._regions[scope]

    def close(self) -> None:
        """End every training and serving process, at once."""
        for region in list(self._regions.values()):
            region.plane.tuning_jobs.close()
            region.trainer.close()
            region.hosting.close()

    def snapshot(self) -> list[dict[str, Any]]:
        """Every control plane, as JSON values."""
        return [
            {"account": scope.account, "region": scope.region, **snapshot(region.plane)}
            for scope, region in list(self._regions.items())
        ]

    def restore(self, planes: Sequence[Mapping[str, Any]]) -> None:
        """Take over what `snapshot` gave; endpoints that served are started again.

        What was under way has lost its process: each such thing is reported.
        """
        for saved in planes:
            self.quotas.change({**saved.get("quotas", {}), **self._given_quotas})
            restore(self.region(Scope(saved["account"], saved["region"])).plane, saved)
            for line in interrupted(saved):
                self._report(line)

    def invocations(self) -> Iterator[tuple[Scope, Invocation]]:
        """The invocations that were noted since the last time, with where they were made."""
        for scope, region in list(self._regions.items()):
            for invocation in region.plane.invocation_metrics.take():
                yield scope, invocation

    def stack_resources(self, scope: Scope, stack_id: str, logical_id: str, kind: str) -> list[str]:
        """The ARNs of what CloudFormation created for one resource of a stack.

        Args:
            scope: the stack's account and region.
            stack_id: the stack's ARN.
            logical_id: the resource's name in the template.
            kind: its type, such as `AWS::SageMaker::EndpointConfig`.
        """
        wanted = {
            "aws:cloudformation:stack-id": stack_id,
            "aws:cloudformation:logical-id": logical_id,
        }
        part = f":{_ARN_PARTS.get(kind, kind)}/"
        return [
            arn
            for arn, tags in self.region(scope).plane.tags.snapshot().items()
            if part in arn and wanted.items() <= tags.items()
        ]

    def wait_until_restored(self, timeout_s: float) -> None:
        """Wait until every endpoint that `restore` brings back serves, or has failed to."""
        deadline = time.monotonic() + timeout_s
        for region in list(self._regions.values()):
            region.hosting.wait(deadline - time.monotonic())

    def _new_region(self, scope: Scope) -> Region:
        directory = self._directory / scope.account / scope.region
        roles = ExecutionRoles(self._assume, scope)
        trainer = ProcessTrainer(
            roles=roles,
            directory=directory / "training",
            report=self._report,
            program=self._programs.train,
        )
        hosting = ProcessHosting(
            roles=roles,
            directory=directory / "hosting",
            report=self._report,
            program=self._programs.serve,
            startup_timeout_s=self._programs.startup_timeout_s,
        )
        plane = ControlPlane(
            trainer=trainer,
            hosting=hosting,
            quotas=self.quotas,
            scope=scope,
            report=self._report,
            alarm_states=lambda names: self._alarm_states(scope, names),
        )
        return Region(plane, trainer, hosting)
