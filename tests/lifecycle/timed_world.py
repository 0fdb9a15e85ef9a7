"""An account in which training takes its time, and which remembers who started what."""

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.lifecycle.world import World

HASHED_NAME_LENGTH = len("Sandbox-blazingtext-") + 12
"""Of a job's first attempt; the same for all jobs with the same inputs."""
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
        running = Counter(name[:HASHED_NAME_LENGTH] for name in self.sagemaker.running())
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
                self.sagemaker.end_early(name, "MaxRuntimeExceeded")

    def accuracy_of(self, name: str) -> float:
        """What a job reported, as SageMaker keeps it; not a number if it reported none."""
        metrics = self.jobs[name].get("FinalMetricDataList", [])
        values = [row["Value"] for row in metrics if row["MetricName"] == "validation:accuracy"]
        return float(values[-1]) if values else math.nan

    def unended(self) -> list[str]:
        """Jobs that run or are being stopped."""
        return [
            name
            for name, status in self.sagemaker.statuses().items()
            if status in {"InProgress", "Stopping"}
        ]
