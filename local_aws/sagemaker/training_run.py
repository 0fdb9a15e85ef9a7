"""A running training job, from its trainer's side."""

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.training_job import TrainingJob


class TrainingRun:
    """A running job as its trainer sees it: what to do, and whom to tell.

    Every method may be called from any thread. Once a job is over, or deleted,
    later reports change nothing.
    """

    def __init__(
        self,
        job: TrainingJob,
        lock: threading.RLock,
        clock: Clock,
        when_over: Callable[[], None] | None = None,
    ) -> None:
        self._job, self._lock, self._clock, self._when_over = job, lock, clock, when_over
        self.name = job.name
        self.arn = job.arn
        self.request: Mapping[str, Any] = deepcopy(job.request)
        self.artifact_uri = job.artifact_uri

    def enter(self, secondary_status: str) -> None:
        """Go to Downloading, Training or Uploading; a job that is Stopping stays so."""
        with self._lock:
            if self._job.status == "InProgress":
                self._job.enter(secondary_status, self._clock())

    def metric(self, name: str, value: float) -> None:
        """Record a final metric such as `validation:accuracy`; the last value stays."""
        with self._lock:
            rows = [row for row in self._job.metrics if row["MetricName"] != name]
            rows.append({"MetricName": name, "Value": value, "Timestamp": self._clock()})
            self._job.metrics = rows

    def completed(self) -> None:
        """The model is at `artifact_uri`. A job that was being stopped ends as Stopped."""
        ended = "Stopped" if self._job.status == "Stopping" else "Completed"
        self._end(ended, artifacts=self.artifact_uri)

    def failed(self, reason: str) -> None:
        """The job failed; SageMaker keeps 1024 characters of the reason."""
        self._end("Failed", reason=reason[:1024])

    def stopped(self, secondary_status: str = "Stopped", *, with_artifacts: bool = False) -> None:
        """The job ended early: `Stopped` on request, or `MaxRuntimeExceeded`."""
        self._end(secondary_status, artifacts=self.artifact_uri if with_artifacts else None)

    def _end(
        self, secondary: str, *, reason: str | None = None, artifacts: str | None = None
    ) -> None:
        with self._lock:
            if self._job.is_over:
                return
            self._job.failure_reason, self._job.artifacts = reason, artifacts
            self._job.enter(secondary, self._clock(), reason)
        if self._when_over is not None:
            self._when_over()
