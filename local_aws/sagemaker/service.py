"""SageMaker as a whole: a control plane for each account and region, and what runs behind it."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.object_store import ObjectStore
from local_aws.sagemaker.process_hosting import ProcessHosting
from local_aws.sagemaker.process_trainer import BLAZINGTEXT_TRAIN, ProcessTrainer
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.serving_process import BLAZINGTEXT_SERVE
from local_aws.sagemaker.state import restore, snapshot
from local_aws.sagemaker.training_logs import TrainingLogs

ClientFactory = Callable[[str, Scope], Any]
"""Gives a boto3 client for a service (`s3`, `logs`) in an account and region."""


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
        clients: ClientFactory,
        directory: Path,
        report: Callable[[str], None],
        programs: Programs,
    ) -> None:
        """SageMaker without any resource.

        Args:
            clients: gives the boto3 clients for S3 and CloudWatch Logs.
            directory: holds the files of running jobs and served models, and the state.
            report: takes one line for each event that a person cares about.
            programs: what stands for the containers.
        """
        self._clients, self._directory = clients, directory
        self._report, self._programs = report, programs
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
            region.trainer.close()
            region.hosting.close()

    def save(self) -> None:
        """Write every control plane to the state file."""
        saved = [
            {"account": scope.account, "region": scope.region, **snapshot(region.plane)}
            for scope, region in self._regions.items()
        ]
        partial = self._state_file.with_suffix(".partial")
        partial.write_text(json.dumps(saved), encoding="utf-8")
        partial.replace(self._state_file)

    def load(self) -> None:
        """Take over what `save` wrote; endpoints that served are started again."""
        if not self._state_file.exists():
            return
        for saved in json.loads(self._state_file.read_text(encoding="utf-8")):
            region = self.region(Scope(saved["account"], saved["region"]))
            restore(region.plane, saved)

    def wait_until_restored(self, timeout_s: float) -> None:
        """Wait until every endpoint that `load` brings back serves, or has failed to."""
        deadline = time.monotonic() + timeout_s
        for region in list(self._regions.values()):
            region.hosting.wait(deadline - time.monotonic())

    @property
    def _state_file(self) -> Path:
        return self._directory / "sagemaker.json"

    def _new_region(self, scope: Scope) -> Region:
        directory = self._directory / scope.account / scope.region
        objects = ObjectStore(lambda: self._clients("s3", scope))
        logs = TrainingLogs(lambda: self._clients("logs", scope))
        trainer = ProcessTrainer(
            objects=objects,
            directory=directory / "training",
            report=self._report,
            publish_log=logs.publish,
            program=self._programs.train,
        )
        hosting = ProcessHosting(
            objects=objects,
            directory=directory / "hosting",
            report=self._report,
            program=self._programs.serve,
            startup_timeout_s=self._programs.startup_timeout_s,
        )
        return Region(ControlPlane(trainer=trainer, hosting=hosting, scope=scope), trainer, hosting)
