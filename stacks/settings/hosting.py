"""How a tier hosts its model."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacks.settings.checks import Check, SettingsGroup


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

    @property
    def autoscaled(self) -> bool:
        """Whether the number of instances follows the traffic."""
        return self.instance_type is not None and self.maximum_instances > self.minimum_instances

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
        )
