"""How a tier trains, and how good a model must be."""

from collections.abc import Sequence
from dataclasses import dataclass

from lambdas.training_job.properties import MAX_TUNING_JOBS
from stacks.settings.checks import Check, SettingsGroup

CLOUDFORMATION_CEILING_SECONDS = 3600
"""The longest `ServiceTimeout` of a custom resource."""
CUSTOM_RESOURCE_TIMEOUT_SECONDS = CLOUDFORMATION_CEILING_SECONDS - 60
"""How long CloudFormation waits for the custom resource to answer."""
POLLING_TIMEOUT_SECONDS = CUSTOM_RESOURCE_TIMEOUT_SECONDS - 120
"""How long the Provider framework polls: it must give up before CloudFormation does."""
TRAINING_MARGIN_SECONDS = 600
"""What a job needs around training: its instance's start, the download and the upload
(the upload of a 2.4 GB model took 7 min 36 s)."""


@dataclass(frozen=True, kw_only=True)
class TrainingSettings(SettingsGroup):
    """How one tier trains. Every field has the default of a sandbox."""

    instance_type: str = "ml.c5.xlarge"
    """AWS recommends C5 for BlazingText while the training data is below 2 GB."""
    volume_gb: int = 30
    """Disk of the training instance: data, model and its archive. 1 to 16384 GiB."""
    seconds: int = 2400
    """The job is stopped after this many seconds of training (MaxRuntimeInSeconds)."""
    tuning_parallel_jobs: int = 2
    """How many training jobs a tuning job runs at once, 1 to 50. Fewer learn more from each
    other; new AWS accounts may run few."""
    network_isolation: bool = False
    """Whether the training container has no network: SageMaker brings data and model."""
    minimum_accuracy: float = 0.60
    """The quality gate's default: a model of lower accuracy (0 to 1) never reaches the
    endpoint. Low, so that a small sample deploys."""
    minimum_macro_f1: float = 0.0
    """The same for the mean of the labels' F1, 0 to 1; 0 switches it off."""

    def _checks(self) -> Sequence[Check]:
        return (
            (
                60 <= self.seconds <= POLLING_TIMEOUT_SECONDS - TRAINING_MARGIN_SECONDS,
                f"seconds={self.seconds}: must be 60 to "
                f"{POLLING_TIMEOUT_SECONDS - TRAINING_MARGIN_SECONDS}, because CloudFormation "
                f"waits {CLOUDFORMATION_CEILING_SECONDS} s at the most",
            ),
            (
                1 <= self.tuning_parallel_jobs <= MAX_TUNING_JOBS,
                f"tuning_parallel_jobs={self.tuning_parallel_jobs}: must be 1 to {MAX_TUNING_JOBS}",
            ),
            (
                1 <= self.volume_gb <= 16_384,
                f"volume_gb={self.volume_gb}: must be 1 to 16384",
            ),
            (
                0 <= self.minimum_accuracy <= 1,
                f"minimum_accuracy={self.minimum_accuracy}: must be 0 to 1",
            ),
            (
                0 <= self.minimum_macro_f1 <= 1,
                f"minimum_macro_f1={self.minimum_macro_f1}: must be 0 to 1",
            ),
        )
