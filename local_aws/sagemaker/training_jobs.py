"""The training-job operations of the control plane."""

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Protocol

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import SageMakerError, in_use, invalid, not_found
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.quotas import Quotas, training
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags
from local_aws.sagemaker.training_job import TrainingJob
from local_aws.sagemaker.training_run import TrainingRun


class Trainer(Protocol):
    """What runs the training jobs that the control plane accepts."""

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse a CreateTrainingJob whose input data does not exist.

        Raises:
            SageMakerError: `ValidationException` that names the channel's S3 URL.
        """

    def start(self, run: TrainingRun) -> None:
        """Begin the job and return at once; report its course to `run`."""

    def stop(self, name: str) -> None:
        """Ask a running job to end; `run.stopped()` says when it has."""


class TrainingJobs:
    """Every training job of one account and region."""

    def __init__(
        self,
        *,
        trainer: Trainer,
        quotas: Quotas,
        scope: Scope,
        tags: Tags,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        self._trainer, self._scope, self._tags = trainer, scope, tags
        self._quotas = quotas
        self._lock, self._clock = lock, clock
        self._jobs: dict[str, TrainingJob] = {}

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateTrainingJob."""
        self._refuse_duplicate(request["TrainingJobName"])
        # Not under the lock: it asks S3, over HTTP.
        self.check(request)
        return {"TrainingJobArn": self.launch(request)}

    def check(self, request: Mapping[str, Any]) -> None:
        """Refuse a CreateTrainingJob that could not run; asks S3, so not under the lock.

        Raises:
            SageMakerError: `ValidationException`.
        """
        _check_algorithm(request)
        self._trainer.check(request)

    def launch(
        self,
        request: Mapping[str, Any],
        *,
        tuning_job_arn: str | None = None,
        when_over: Callable[[], None] | None = None,
    ) -> str:
        """Start a job that has been checked.

        Args:
            request: as of CreateTrainingJob.
            tuning_job_arn: the tuning job that it belongs to, if any.
            when_over: called once, without the lock, on the thread that reports its end.

        Returns:
            The job's ARN.

        Raises:
            SageMakerError: `ResourceInUse` when there is a job of this name,
                `ResourceLimitExceeded` when the account may not run it now.
        """
        with self._lock:
            self._refuse_duplicate(request["TrainingJobName"])
            if tuning_job_arn is None:
                self.check_quota(request["ResourceConfig"])
            arn = self._scope.arn("training-job", request["TrainingJobName"])
            job = TrainingJob.begin(arn, deepcopy(dict(request)), self._clock())
            job.tuning_job_arn = tuning_job_arn
            self._jobs[job.name] = job
            self._tags.register(arn, request.get("Tags", ()))
        self._trainer.start(TrainingRun(job, self._lock, self._clock, when_over))
        return arn

    def find(self, name: str) -> TrainingJob | None:
        """The job of this name, to look at, or None."""
        return self._jobs.get(name)

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

    def check_quota(self, wanted: Mapping[str, Any], *, jobs: int = 1) -> None:
        """Refuse training jobs that the account may not run now.

        A tuning job's are checked together before it begins, and not one by one.

        Args:
            wanted: the `ResourceConfig` of each.
            jobs: how many of them run at a time.

        Raises:
            SageMakerError: `ResourceLimitExceeded`.
        """
        kind = wanted.get("InstanceType")
        if kind is None:
            return
        running = (job.request["ResourceConfig"] for job in self._jobs.values() if not job.is_over)
        used = sum(
            resources.get("InstanceCount", 1)
            for resources in running
            if resources.get("InstanceType") == kind
        )
        self._quotas.check(training(kind), used=used, more=jobs * wanted.get("InstanceCount", 1))

    def _find(self, request: Mapping[str, Any]) -> TrainingJob:
        job = self._jobs.get(request["TrainingJobName"])
        if job is None:
            raise not_found()
        return job

    def _refuse_duplicate(self, name: str) -> None:
        # By ARN, which has the name in lower case: an ARN is of one resource.
        arn = self._scope.arn("training-job", name)
        if any(job.arn == arn for job in self._jobs.values()):
            raise in_use(
                "Training job names must be unique within an AWS account and region, and a"
                f" training job with this name already exists ({arn})"
            )


def _check_algorithm(request: Mapping[str, Any]) -> None:
    """What the shapes cannot say about AlgorithmSpecification and InputDataConfig."""
    algorithm = request["AlgorithmSpecification"]
    if not algorithm.get("TrainingImage") and not algorithm.get("AlgorithmName"):
        raise invalid("You must provide either TrainingImage or AlgorithmName.")
    names = [channel["ChannelName"] for channel in request.get("InputDataConfig", ())]
    if len(names) != len(set(names)):
        raise invalid(f"Channel names must be unique; the request has {', '.join(names)}.")
