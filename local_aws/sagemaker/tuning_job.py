"""One hyperparameter tuning job: its training jobs, and how it describes itself."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.sagemaker.training_job import TERMINAL, TrainingJob

# TrainingJobStatus -> the member of TrainingJobStatusCounters that counts it.
_COUNTERS = {
    "Completed": "Completed",
    "InProgress": "InProgress",
    "Stopping": "InProgress",
    "Failed": "NonRetryableError",
    "Stopped": "Stopped",
}
_ECHOED = ("HyperParameterTuningJobConfig", "TrainingJobDefinition")


@dataclass
class TunedJob:
    """One training job of a tuning job, kept also when the training job itself is deleted."""

    name: str
    arn: str
    created: datetime
    tuned: dict[str, str]
    status: str = "InProgress"
    started: datetime | None = None
    ended: datetime | None = None
    failure_reason: str | None = None
    objective: float | None = None
    """What it reported, if it completed: a model that was stopped is half trained."""

    @property
    def is_over(self) -> bool:
        """Whether it has reached a state that it never leaves."""
        return self.status in TERMINAL

    @property
    def objective_status(self) -> str:
        """Pending, then Succeeded, or Failed when there is no objective to learn from."""
        if not self.is_over:
            return "Pending"
        return "Failed" if self.objective is None else "Succeeded"

    def follow(self, job: TrainingJob, metric: str) -> None:
        """Take over what has become of the training job."""
        self.status, self.started, self.ended = job.status, job.started, job.ended
        self.failure_reason = job.failure_reason
        reported = [row["Value"] for row in job.metrics if row["MetricName"] == metric]
        if job.status == "Completed" and reported and math.isfinite(reported[-1]):
            self.objective = float(reported[-1])

    def lose(self, reason: str, now: datetime) -> None:
        """Nobody can say what has become of the training job."""
        self.status, self.failure_reason, self.ended = "Failed", reason, now

    def summary(self, metric: str) -> dict[str, Any]:
        """Its row in ListTrainingJobsForHyperParameterTuningJob, and as BestTrainingJob."""
        row: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "CreationTime": self.created,
            "TrainingStartTime": self.started,
            "TrainingEndTime": self.ended,
            "TrainingJobStatus": self.status,
            "TunedHyperParameters": dict(self.tuned),
            "FailureReason": self.failure_reason,
            "ObjectiveStatus": self.objective_status,
        }
        if self.objective is not None:
            row["FinalHyperParameterTuningJobObjectiveMetric"] = {
                "MetricName": metric,
                "Value": self.objective,
            }
        return {member: value for member, value in row.items() if value is not None}


@dataclass
class TuningJob:
    """A tuning job as SageMaker keeps it, from the request to its end."""

    name: str
    arn: str
    request: dict[str, Any]
    created: datetime
    modified: datetime
    status: str = "InProgress"
    jobs: list[TunedJob] = field(default_factory=list)
    failure_reason: str | None = None
    ended: datetime | None = None

    @classmethod
    def saved(cls, members: Mapping[str, Any]) -> "TuningJob":
        """The inverse of `dataclasses.asdict`."""
        return cls(**{**members, "jobs": [TunedJob(**one) for one in members["jobs"]]})

    @property
    def is_over(self) -> bool:
        """Whether it has reached a state that it never leaves."""
        return self.status in TERMINAL

    @property
    def limits(self) -> Mapping[str, int]:
        """ResourceLimits: how many training jobs, how many at once, for how many seconds."""
        limits: Mapping[str, int] = self.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        return limits

    @property
    def metric(self) -> str:
        """The name of the objective."""
        return str(self._objective["MetricName"])

    @property
    def running(self) -> list[TunedJob]:
        """Its training jobs that are not over."""
        return [one for one in self.jobs if not one.is_over]

    @property
    def best(self) -> TunedJob | None:
        """The training job with the best objective so far; the earliest of equals."""
        sign = 1 if self._objective["Type"] == "Maximize" else -1
        scored = [(sign * one.objective, one) for one in self.jobs if one.objective is not None]
        return max(scored, key=lambda pair: pair[0])[1] if scored else None

    @property
    def _objective(self) -> Mapping[str, str]:
        objective: Mapping[str, str] = self.request["HyperParameterTuningJobConfig"][
            "HyperParameterTuningJobObjective"
        ]
        return objective

    def may_start_another(self) -> bool:
        """Whether its limits and its status allow one more training job now."""
        return (
            self.status == "InProgress"
            and len(self.jobs) < self.limits["MaxNumberOfTrainingJobs"]
            and len(self.running) < self.limits["MaxParallelTrainingJobs"]
        )

    def enter(self, status: str, now: datetime, reason: str | None = None) -> None:
        """Go to Stopping, Stopped, Completed or Failed."""
        self.status, self.modified, self.failure_reason = status, now, reason
        if self.is_over:
            self.ended = now

    def summary(self) -> dict[str, Any]:
        """Its row in ListHyperParameterTuningJobs."""
        row = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobArn": self.arn,
            "HyperParameterTuningJobStatus": self.status,
            "Strategy": self.request["HyperParameterTuningJobConfig"]["Strategy"],
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "HyperParameterTuningEndTime": self.ended,
            "ResourceLimits": dict(self.limits),
            **self._counters(),
        }
        return {member: value for member, value in row.items() if value is not None}

    def describe(self) -> dict[str, Any]:
        """The DescribeHyperParameterTuningJob response."""
        described = self.summary() | {member: self.request[member] for member in _ECHOED}
        del described["Strategy"], described["ResourceLimits"]
        if self.best is not None:
            described["BestTrainingJob"] = self.best.summary(self.metric)
        if self.failure_reason is not None:
            described["FailureReason"] = self.failure_reason
        return described

    def _counters(self) -> dict[str, dict[str, int]]:
        statuses = Counter(_COUNTERS[one.status] for one in self.jobs)
        objectives = Counter(one.objective_status for one in self.jobs)
        names = ("Completed", "InProgress", "RetryableError", "NonRetryableError", "Stopped")
        return {
            "TrainingJobStatusCounters": {name: statuses[name] for name in names},
            "ObjectiveStatusCounters": {
                name: objectives[name] for name in ("Succeeded", "Pending", "Failed")
            },
        }
