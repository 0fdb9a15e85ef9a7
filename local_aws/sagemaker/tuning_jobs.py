"""The hyperparameter-tuning operations of the control plane."""

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import SageMakerError, in_use, invalid
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags
from local_aws.sagemaker.training_jobs import TrainingJobs
from local_aws.sagemaker.tuning_alarm import Alarm
from local_aws.sagemaker.tuning_course import TuningCourse
from local_aws.sagemaker.tuning_job import TuningJob
from local_aws.sagemaker.tuning_request import read_search_space, training_job_request
from local_aws.sagemaker.tuning_space import Optimiser
from local_aws.sagemaker.validation import check_request


class TuningJobs:
    """Every hyperparameter tuning job of one account and region."""

    def __init__(
        self,
        *,
        training_jobs: TrainingJobs,
        optimiser: Optimiser,
        alarm: Alarm,
        report: Callable[[str], None],
        scope: Scope,
        tags: Tags,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        self._training_jobs, self._optimiser, self._alarm = training_jobs, optimiser, alarm
        self._report, self._scope, self._tags = report, scope, tags
        self._lock, self._clock = lock, clock
        self._all: dict[str, TuningJob] = {}
        self._courses: dict[str, TuningCourse] = {}
        self._is_closed = False

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateHyperParameterTuningJob; its first training jobs run when it returns."""
        name = request["HyperParameterTuningJobName"]
        self._refuse_duplicate(name)
        space = read_search_space(request)
        example = training_job_request(
            request, name=name, tuned={one.name: "" for one in space.parameters}
        )
        check_request("CreateTrainingJob", example)
        # Neither of these under the lock: one asks S3, over HTTP, the other may load a library.
        self._training_jobs.check(example)
        search = self._optimiser.begin(space)
        with self._lock:
            self._refuse_duplicate(name)
            limits = request["HyperParameterTuningJobConfig"]["ResourceLimits"]
            self._training_jobs.check_quota(
                example["ResourceConfig"], jobs=limits["MaxParallelTrainingJobs"]
            )
            arn, now = self._scope.arn("hyper-parameter-tuning-job", name), self._clock()
            job = TuningJob(name, arn, deepcopy(dict(request)), now, now)
            course = TuningCourse(
                job,
                search=search,
                training_jobs=self._training_jobs,
                report=self._report,
                scope=self._scope,
                lock=self._lock,
                clock=self._clock,
            )
            self._all[name], self._courses[name] = job, course
            self._tags.register(arn, request.get("Tags", ()))
            if self._is_closed:
                course.close()
        course.begin(self._alarm)
        return {"HyperParameterTuningJobArn": arn}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeHyperParameterTuningJob."""
        with self._lock:
            return deepcopy(self._find(request).describe())

    def list_jobs(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListHyperParameterTuningJobs, by name unless asked otherwise."""
        with self._lock:
            for course in self._courses.values():
                course.follow()
            rows = [deepcopy(job.summary()) for job in self._all.values()]
        page, token = select(
            rows,
            {"SortBy": "Name", **request},
            name="HyperParameterTuningJobName",
            status="HyperParameterTuningJobStatus",
            descending=False,
        )
        return {"HyperParameterTuningJobSummaries": page} | ({"NextToken": token} if token else {})

    def list_training_jobs(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListTrainingJobsForHyperParameterTuningJob; sorted by objective, only those with one."""
        with self._lock:
            job = self._find(request)
            by_objective = request.get("SortBy") == "FinalObjectiveMetricValue"
            rows = [
                one.summary(job.metric) | {"SortValue": one.objective}
                for one in job.jobs
                if one.objective is not None or not by_objective
            ]
        page, token = select(
            rows,
            {"SortBy": "Name", **request},
            name="TrainingJobName",
            status="TrainingJobStatus",
            descending=False,
            sort_members={"FinalObjectiveMetricValue": "SortValue"},
        )
        for row in page:
            del row["SortValue"]
        return {"TrainingJobSummaries": page} | ({"NextToken": token} if token else {})

    def stop(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """StopHyperParameterTuningJob; one that is stopping already goes on stopping."""
        with self._lock:
            job = self._find(request)
            if job.is_over:
                raise invalid(
                    "The request was rejected because the hyperparameter tuning job is in status"
                    f" {job.status}."
                )
            course = self._courses[job.name]
        course.halt()
        return {}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteHyperParameterTuningJob, of one that is over; its training jobs stay."""
        with self._lock:
            job = self._find(request)
            if not job.is_over:
                raise in_use(f"Hyperparameter tuning job {job.arn} is in status {job.status}.")
            del self._all[job.name]
            self._courses.pop(job.name, None)
            self._tags.forget(job.arn)
        return {}

    def close(self) -> None:
        """Start no more training jobs, and leave no alarm; for the end of the embedded AWS."""
        with self._lock:
            self._is_closed = True
            for course in self._courses.values():
                course.close()

    def snapshot(self) -> list[TuningJob]:
        """Every tuning job, for the state file."""
        with self._lock:
            for course in self._courses.values():
                course.follow()
            return deepcopy(list(self._all.values()))

    def restore(self, jobs: list[TuningJob], now: datetime) -> None:
        """Take over saved jobs, after the training jobs; one that was running failed."""
        reason = "InternalServerError: the embedded AWS was stopped while this job ran."
        with self._lock:
            self._all = {job.name: job for job in jobs}
            for job in jobs:
                for one in job.running:
                    if found := self._training_jobs.find(one.name):
                        one.follow(found, job.metric)
                    else:
                        one.lose(reason, now)
                if not job.is_over:
                    job.enter("Failed", now, reason)

    def _find(self, request: Mapping[str, Any]) -> TuningJob:
        name = request["HyperParameterTuningJobName"]
        if name not in self._all:
            raise SageMakerError("ResourceNotFound", "Requested resource not found.")
        if name in self._courses:
            self._courses[name].follow()
        return self._all[name]

    def _refuse_duplicate(self, name: str) -> None:
        arn = self._scope.arn("hyper-parameter-tuning-job", name)
        if any(job.arn == arn for job in self._all.values()):
            raise in_use(
                "Hyperparameter tuning job names must be unique within an AWS account and region,"
                f" and a tuning job with this name already exists ({arn})"
            )
