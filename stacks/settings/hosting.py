"""How a tier hosts its model."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stacks.settings.checks import Check, SettingsGroup

ALARM_PERIOD_SECONDS = 60
"""SageMaker publishes its metrics once a minute; a shorter period would find none."""
WAIT_CEILING_SECONDS = 3600
"""The longest WaitIntervalInSeconds and TerminationWaitInSeconds."""
INVOCATION_CEILING_MS = 60_000
"""SageMaker ends an invocation after 60 s."""

_LOCAL_STORAGE = re.compile(r"ml\.[a-z]+[0-9][a-z]*d[a-z]*\.")


def has_local_storage(instance_type: str | None) -> bool:
    """Whether an instance has NVMe storage, as its name says: `ml.m5d.large`, `ml.g4dn.xlarge`.

    "Local storage volumes are encrypted using a hardware module on the instance. You can't request
    a VolumeKmsKeyId when using an instance type with local storage" (API reference).
    """
    return _LOCAL_STORAGE.match(instance_type or "") is not None


@dataclass(frozen=True, kw_only=True)
class HostingSettings(SettingsGroup):
    """How one tier hosts the model. Every field has the default of a sandbox."""

    instance_type: str | None = None
    """An `ml.*` type that hosts the model, or None for serverless inference,
    which costs nothing while idle.

    SageMaker makes no endpoint on instances serverless again, and gives an autoscaled one no other
    type: `python -m deployment` (make) refuses the one and switches autoscaling off for the other.
    By hand that is two deployments: first with `maximum_instances` lowered to
    `minimum_instances`, then with the new type and the old maximum."""
    minimum_instances: int = 1
    """Instances that always serve. Ignored when serverless."""
    maximum_instances: int = 1
    """Autoscaling's upper bound; equal to the minimum switches autoscaling off."""
    serverless_memory_mb: int = 2048
    """1024 to 6144 MiB in steps of 1024 (SageMaker ServerlessConfig). A model of the
    default shape (80 MB) takes 250 MB in memory."""
    serverless_concurrency: int = 10
    """1 to 200 requests at once (SageMaker ServerlessConfig)."""
    canary: bool = False
    """Whether a new model first serves one instance's traffic, and alarms roll it back."""
    canary_wait_seconds: int = 300
    """How long the alarms watch one instance, and then all of them, before the old ones end.
    At most 3600 (SageMaker WaitIntervalInSeconds), and longer than the alarms take."""
    alarm_minutes: int = 1
    """How many single minutes in a row must be bad before a rollout is rolled back. CloudWatch
    itself takes a minute or two more."""
    maximum_error_rate: float = 0.05
    """The share of failed requests, above 0 and at most 1, that rolls a new model back."""
    maximum_latency_ms: int = 1000
    """The p99 of the model's own time that rolls a new model back."""
    network_isolation: bool = False
    """Whether the model's container can reach no network. On instances only."""
    data_capture_percent: int = 0
    """The share of requests, 0 to 100, that SageMaker keeps with their answers under `captures/` in
    the data bucket. They are review text: `data.review_text_days` ends them. On instances only."""

    @property
    def autoscaled(self) -> bool:
        """Whether the number of instances follows the traffic."""
        return self.instance_type is not None and self.maximum_instances > self.minimum_instances

    @property
    def _shortest_wait(self) -> int:
        """Seconds in which the alarms are sure to see a bad model.

        Their periods are the clock's minutes: the first is cut short by the start of the canary.
        """
        return (self.alarm_minutes + 1) * ALARM_PERIOD_SECONDS

    def _checks(self) -> Sequence[Check]:
        return (
            (
                self.serverless_memory_mb in range(1024, 6145, 1024),
                f"serverless_memory_mb={self.serverless_memory_mb}: "
                "must be 1024 to 6144 in steps of 1024",
            ),
            (
                1 <= self.serverless_concurrency <= 200,
                f"serverless_concurrency={self.serverless_concurrency}: must be 1 to 200",
            ),
            (
                1 <= self.minimum_instances <= self.maximum_instances,
                f"minimum_instances={self.minimum_instances}, "
                f"maximum_instances={self.maximum_instances}: must be 1 <= minimum <= maximum",
            ),
            (
                self.instance_type is None or self.instance_type.startswith("ml."),
                f"instance_type={self.instance_type!r}: must start with 'ml.', or be None "
                "for serverless inference",
            ),
            (
                not (self.autoscaled and str(self.instance_type).startswith("ml.t")),
                f"instance_type={self.instance_type!r}: autoscaling refuses burstable types",
            ),
            (
                not self.canary or (self.instance_type is not None and self.minimum_instances >= 2),
                "canary=True: needs instance_type and minimum_instances >= 2, because one "
                "instance of at least two may carry the canary (CanarySize <= 50 %)",
            ),
            (
                not self.network_isolation or self.instance_type is not None,
                "network_isolation=True: serverless inference does not support it; set it to False,"
                " or host the model on instances (instance_type)",
            ),
            (
                0 <= self.data_capture_percent <= 100,
                f"data_capture_percent={self.data_capture_percent}: must be 0 to 100",
            ),
            (
                not self.data_capture_percent or self.instance_type is not None,
                f"data_capture_percent={self.data_capture_percent}: serverless inference does not"
                " support data capture; set it to 0, or host the model on instances"
                " (instance_type)",
            ),
            (self.alarm_minutes >= 1, f"alarm_minutes={self.alarm_minutes}: must be at least 1"),
            (
                self._shortest_wait <= self.canary_wait_seconds <= WAIT_CEILING_SECONDS,
                f"canary_wait_seconds={self.canary_wait_seconds}: must be"
                f" {self._shortest_wait} to {WAIT_CEILING_SECONDS}, because {self.alarm_minutes}"
                f" whole minutes (alarm_minutes) must fit in wherever it begins",
            ),
            (
                0 < self.maximum_error_rate <= 1,
                f"maximum_error_rate={self.maximum_error_rate}: must be above 0 and at most 1",
            ),
            (
                1 <= self.maximum_latency_ms <= INVOCATION_CEILING_MS,
                f"maximum_latency_ms={self.maximum_latency_ms}: must be 1 to"
                f" {INVOCATION_CEILING_MS}, because SageMaker gives a model 60 s to answer",
            ),
        )
