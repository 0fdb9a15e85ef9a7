"""An account in which training takes its time, and which remembers who started what."""

import math
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from lambdas.training_job.job_name import owner_of
from tests.lifecycle.world import MODEL_FROM_ELSEWHERE, World

FURTHER_ATTEMPT = re.compile(r"(?<=[0-9a-f]{12})-[0-9]+$")
WATCHED_SECONDS = 15


@dataclass(frozen=True, kw_only=True)
class Course:
    """What becomes of every job that nobody stops."""

    seconds: float = 1
    """After which it ends, at the next tick."""
    accuracy: float | None = 0.91
    """Of a job that completes."""
    ending: str = "Completed"
    """Completed, Failed, MaxRuntimeExceeded, or "" for a job that never ends."""
    stop_seconds: float = 1
    """How long a job takes to stop."""


@dataclass
class TimedWorld(World):
    """The account whose clock moves with every call and every tick."""

    course: Course = Course()
    tick_seconds: float = 5
    """The framework's polling interval."""
    skippable_seconds: float = 3_330
    """How much of a job that never ends is skipped once it has been watched for a while: in
    between, every poll is like the one before it."""
    imported_accuracy: float = 0.91
    """What the evaluation finds of the model that was trained elsewhere."""
    created: list[str] = field(default_factory=list)
    """Every job, in the order in which SageMaker accepted them."""
    simultaneous: list[str] = field(default_factory=list)
    """Whatever two jobs ran at once for the same inputs."""
    at_call: dict[int, Callable[[], None]] = field(default_factory=dict)
    """What happens elsewhere in the moment of a call, by the call's number from 1."""
    changed: dict[str, tuple[str, float]] = field(default_factory=dict)
    """The status that each job was last seen in, and since when."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.sagemaker.on_created = self._note

    def _note(self, name: str) -> None:
        self.created.append(name)
        # A tuning job counts once, with all its training jobs.
        jobs = {owner_of(name) for name in self.sagemaker.running()}
        running = Counter(FURTHER_ATTEMPT.sub("", name) for name in jobs)
        self.simultaneous += [
            f"{count} jobs run for {inputs}" for inputs, count in running.items() if count > 1
        ]

    def spend(self, seconds: float) -> None:
        super().spend(seconds)
        happening = self.at_call.pop(len(self.calls), None)
        if happening:
            happening()

    def pass_time(self) -> None:
        self.now += self.tick_seconds
        for name, status in self.sagemaker.statuses().items():
            seen, since = self.changed.setdefault(name, (status, self.now))
            if seen != status:
                self.changed[name] = (status, since := self.now)
            if status == "Stopping" and self.now - since >= self.course.stop_seconds:
                self.sagemaker.end_early(name)
            elif status == "InProgress" and self.now - since >= self.course.seconds:
                self.end(name)
                if not self.course.ending and self.now - since > WATCHED_SECONDS:
                    self.now, self.skippable_seconds = self.now + self.skippable_seconds, 0

    def end(self, name: str) -> None:
        """The job takes the end of its course."""
        match self.course.ending:
            case "Completed":
                self.sagemaker.complete(name, self.course.accuracy)
            case "Failed":
                self.sagemaker.fail(name)
            case "MaxRuntimeExceeded":
                self.sagemaker.alarms.ring()
                self.sagemaker.end_early(name, "MaxRuntimeExceeded")

    def stop_by_hand(self) -> None:
        """Somebody stops every job that runs."""
        for name, status in self.sagemaker.tuning_statuses().items():
            if status == "InProgress":
                self.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
        for name in self.sagemaker.running():
            self.sagemaker.stop_training_job(TrainingJobName=name)

    def accuracy_of(self, name: str) -> float:
        """What a job reported, as SageMaker keeps it; not a number if it reported none."""
        if name in MODEL_FROM_ELSEWHERE:
            return self.imported_accuracy
        metrics = self.jobs[name].get("FinalMetricDataList", [])
        values = [row["Value"] for row in metrics if row["MetricName"] == "validation:accuracy"]
        return float(values[-1]) if values else math.nan

    def unended(self) -> list[str]:
        """Jobs that run or are being stopped."""
        return [
            name
            for name, status in (
                self.sagemaker.statuses() | self.sagemaker.tuning_statuses()
            ).items()
            if status in {"InProgress", "Stopping"}
        ]
