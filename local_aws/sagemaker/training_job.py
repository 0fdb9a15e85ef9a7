"""One training job: its states, their order, and how it describes itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# SecondaryStatus -> the sentence SageMaker shows with it. The words are "subject
# to change" (API reference), so nothing may depend on them.
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}

# A job that ran out of time is Stopped, not Failed: a caller that only looks for
# Failed waits for ever.
_PRIMARY = {
    "Stopping": "Stopping",
    "Completed": "Completed",
    "Failed": "Failed",
    "Stopped": "Stopped",
    "MaxRuntimeExceeded": "Stopped",
}
TERMINAL = frozenset({"Completed", "Failed", "Stopped"})

_ECHOED = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "VpcConfig",
    "Environment",
    "CheckpointConfig",
    "RetryStrategy",
    "ExperimentConfig",
)


@dataclass
class TrainingJob:
    """A training job as SageMaker keeps it, from the request to its end."""

    name: str
    arn: str
    request: dict[str, Any]
    created: datetime
    modified: datetime
    secondary: str = "Starting"
    transitions: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)
    failure_reason: str | None = None
    artifacts: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    tuning_job_arn: str | None = None

    @classmethod
    def begin(cls, arn: str, request: Mapping[str, Any], now: datetime) -> "TrainingJob":
        """A job that SageMaker has just accepted: InProgress, Starting."""
        job = cls(request["TrainingJobName"], arn, dict(request), now, now)
        job.enter("Starting", now)
        return job

    @property
    def status(self) -> str:
        """TrainingJobStatus: InProgress, Stopping, Completed, Failed or Stopped."""
        return _PRIMARY.get(self.secondary, "InProgress")

    @property
    def is_over(self) -> bool:
        """Whether the job has reached a state that it never leaves."""
        return self.status in TERMINAL

    @property
    def artifact_uri(self) -> str:
        """Where its model goes: `<S3OutputPath>/<name>/output/model.tar.gz`."""
        base = self.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        return f"{base}/{self.name}/output/model.tar.gz"

    def enter(self, secondary: str, now: datetime, message: str | None = None) -> None:
        """Go to the next SecondaryStatus: close the last transition and open this one."""
        if self.transitions:
            self.transitions[-1].setdefault("EndTime", now)
        transition = {
            "Status": secondary,
            "StartTime": now,
            "StatusMessage": message or MESSAGES[secondary],
        }
        self.secondary, self.modified = secondary, now
        if secondary == "Downloading":
            self.started = now
        if self.is_over:
            transition["EndTime"] = self.ended = now
        self.transitions.append(transition)

    def describe(self) -> dict[str, Any]:
        """The DescribeTrainingJob response."""
        seconds = int(
            ((self.ended or self.modified) - (self.started or self.created)).total_seconds()
        )
        described: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "TuningJobArn": self.tuning_job_arn,
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary,
            "SecondaryStatusTransitions": self.transitions,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "TrainingStartTime": self.started,
            "TrainingEndTime": self.ended,
            "FailureReason": self.failure_reason,
            "ModelArtifacts": {"S3ModelArtifacts": self.artifacts} if self.artifacts else None,
            "FinalMetricDataList": self.metrics or None,
            "EnableNetworkIsolation": self.request.get("EnableNetworkIsolation", False),
            "EnableInterContainerTrafficEncryption": self.request.get(
                "EnableInterContainerTrafficEncryption", False
            ),
            "EnableManagedSpotTraining": self.request.get("EnableManagedSpotTraining", False),
            # Billed from the first byte downloaded, at least one second.
            "TrainingTimeInSeconds": max(seconds, 1) if self.ended and self.started else None,
            "BillableTimeInSeconds": max(seconds, 1) if self.ended and self.started else None,
        }
        described.update({member: self.request.get(member) for member in _ECHOED})
        return {member: value for member, value in described.items() if value is not None}

    def summary(self) -> dict[str, Any]:
        """The job's row in ListTrainingJobs."""
        row = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "TrainingJobStatus": self.status,
            "SecondaryStatus": self.secondary,
        }
        return row | ({"TrainingEndTime": self.ended} if self.ended else {})
