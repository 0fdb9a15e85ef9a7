"""The training-job operations of the control plane."""

import threading
from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Protocol

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import SageMakerError, in_use, invalid, not_found
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags
from local_aws.sagemaker.training_job import TrainingJob


class Trainer(Protocol):
    """What runs the training jobs that the control plane accepts."""

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse a CreateTrainingJob whose input data does not exist.

        Raises:
            SageMakerError: `ValidationException` that names the channel's S3 URL.
        """

    def start(self, run: "TrainingRun") -> None:
        """Begin the job and return at once; report its course to `run`."""

    def stop(self, name: str) -> None:
        """Ask a running job to end; `run.stopped()` says when it has."""


class TrainingRun:
    """A running job as its trainer sees it: what to do, and whom to tell.

    Every method may be called from any thread. Once a job is over, or deleted,
    later reports change nothing.
    """

    def __init__(self, job: TrainingJob, lock: threading.RLock, clock: Clock) -> None:
        self._job, self._lock, self._clock = job, lock, clock
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


class TrainingJobs:
    """Every training job of one account and region."""

    def __init__(
        self, *, trainer: Trainer, scope: Scope, tags: Tags, lock: threading.RLock, clock: Clock
    ) -> None:
        self._trainer, self._scope, self._tags = trainer, scope, tags
        self._lock, self._clock = lock, clock
        self._jobs: dict[str, TrainingJob] = {}

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateTrainingJob."""
        self._refuse_duplicate(request["TrainingJobName"])
        _check_algorithm(request)
        # Not under the lock: it asks S3, over HTTP.
        self._trainer.check(request)
        with self._lock:
            self._refuse_duplicate(request["TrainingJobName"])
            arn = self._scope.arn("training-job", request["TrainingJobName"])
            job = TrainingJob.begin(arn, deepcopy(dict(request)), self._clock())
            self._jobs[job.name] = job
            self._tags.register(arn, request.get("Tags", ()))
        self._trainer.start(TrainingRun(job, self._lock, self._clock))
        return {"TrainingJobArn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeTrainingJob."""
        with self._lock:
            return deepcopy(self._find(request).describe())

    def list_jobs(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListTrainingJobs."""
        with self._lock:
            rows = [job.summary() for job in self._jobs.values()]
        # SageMaker filters by status after it has cut the page (API reference), which
        # can give an empty page with a token; botocore's paginators go on from there.
        page, token = select(
            rows,
            {member: value for member, value in request.items() if member != "StatusEquals"},
            name="TrainingJobName",
            status="TrainingJobStatus",
            descending=False,
        )
        wanted = request.get("StatusEquals")
        kept = [row for row in page if wanted in (None, row["TrainingJobStatus"])]
        return {"TrainingJobSummaries": kept} | ({"NextToken": token} if token else {})

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """StopTrainingJob; a job that is stopping already goes on stopping."""
        with self._lock:
            job = self._find(request)
            if job.is_over:
                raise invalid(
                    f"The request was rejected because the training job is in status {job.status}."
                )
            if job.status == "Stopping":
                return {}
            job.enter("Stopping", self._clock())
        self._trainer.stop(job.name)
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteTrainingJob; only of a job that is over, and its name is free again."""
        with self._lock:
            job = self._jobs.get(request["TrainingJobName"])
            if job is None:
                raise SageMakerError("ResourceNotFound", "Requested resource not found.")
            if not job.is_over:
                raise in_use(f"Training job {job.arn} is in status {job.status}.")
            del self._jobs[job.name]
            self._tags.forget(job.arn)
        return {}

    def snapshot(self) -> list[TrainingJob]:
        """Every job, for the state file."""
        with self._lock:
            return deepcopy(list(self._jobs.values()))

    def restore(self, jobs: list[TrainingJob], now: datetime) -> None:
        """Take over saved jobs; one that was running has lost its process, and failed."""
        with self._lock:
            self._jobs = {job.name: job for job in jobs}
            for job in jobs:
                if not job.is_over:
                    job.failure_reason = (
                        "InternalServerError: the embedded AWS was stopped while this job ran."
                    )
                    job.enter("Failed", now, job.failure_reason)

    def _find(self, request: Mapping[str, Any]) -> TrainingJob:
        job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise not_found()
        return job

    def _refuse_duplicate(self, name: str) -> None:
        job = self._jobs.get(name)
        if job is not None:
            raise in_use(
                "Training job names must be unique within an AWS account and region, and a"
                f" training job with this name already exists ({job.arn})"
            )


def _check_algorithm(request: Mapping[str, Any]) -> None:
    """What the shapes cannot say about AlgorithmSpecification and InputDataConfig."""
    algorithm = request["AlgorithmSpecification"]
    if not algorithm.get("TrainingImage") and not algorithm.get("AlgorithmName"):
        raise invalid("You must provide either TrainingImage or AlgorithmName.")
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
    if len(names) != len(set(names)):
        raise invalid(f"Channel names must be unique; the request has {', '.join(names)}.")
