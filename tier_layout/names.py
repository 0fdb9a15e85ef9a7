"""What the parts of a tier are called."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

TIER_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*")
TIER_NAME_MAX: Final = 32
"""`<tier>-blazingtext-<hash12>-<attempt>` must fit the 63 characters of a training job's name."""

TUNING_PREFIX_MAX_LENGTH: Final = 11
"""A tuning job's name has at most 32 characters: 11, "-tune-", 12 of hash, and "-20"."""
TUNING_INFIX: Final = "-tune-"
"""Between the prefix and the hash of a tuning job's name; it tells one from a training job's."""

SETTINGS_OUTPUT: Final = "Settings"
"""The output of a tier's training stack that names its settings, for `-c settings=`."""


@dataclass(frozen=True)
class TierNames:
    """The names that follow from a tier's own."""

    name: str
    """Prefixes every stack, job and endpoint."""

    @property
    def training_job(self) -> str:
        """The stack of the data bucket and of what runs training jobs."""
        return f"{self.name}-TrainingJob"

    @property
    def machine_learning(self) -> str:
        """The stack of the model and its endpoint."""
        return f"{self.name}-MachineLearningInfrastructure"

    @property
    def sentiment_analysis(self) -> str:
        """The stack of the API."""
        return f"{self.name}-SentimentAnalysis"

    @property
    def data_preparation(self) -> str:
        """The stack of the Glue job, which is deployed on demand."""
        return f"{self.name}-DataPreparation"

    @property
    def operations(self) -> str:
        """The stack of dashboard and alarms, which tiers have that somebody watches."""
        return f"{self.name}-Operations"

    @property
    def stacks(self) -> tuple[str, str, str]:
        """The stacks that every tier has, in the order in which they are deployed."""
        return (self.training_job, self.machine_learning, self.sentiment_analysis)

    @property
    def optional_stacks(self) -> tuple[str, str]:
        """The stacks that not every tier has."""
        return (self.data_preparation, self.operations)

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name, which never changes while its model does."""
        return f"{self.name}-sentiment"

    @property
    def api_name(self) -> str:
        """The name of the API and of its function, and the `service` of what they measure.

        What watches them names them before they exist. Neither is ever replaced.
        """
        return f"{self.name}-sentiment"

    @property
    def preparation_job_name(self) -> str:
        """The Glue job's name."""
        return f"{self.name}-data-preparation"

    @property
    def dashboard_name(self) -> str:
        """The dashboard's name."""
        return f"{self.name}-sentiment"

    @property
    def job_name_prefix(self) -> str:
        """What the name of every training job of this tier starts with."""
        return f"{self.name}-blazingtext"

    @property
    def tuning_job_name_prefix(self) -> str:
        """What the name of every tuning job of this tier starts with.

        SageMaker gives these names half the room of others: a long tier name is shortened, and
        a hash keeps two that begin alike apart.
        """
        if len(self.name) <= TUNING_PREFIX_MAX_LENGTH:
            return self.name
        digest = hashlib.sha256(self.name.encode()).hexdigest()[:5]
        return f"{self.name[: TUNING_PREFIX_MAX_LENGTH - 5]}{digest}"

    @property
    def model_parameter_name(self) -> str:
        """The SSM parameter that describes the model in service."""
        return f"/{self.name}/sentiment/model"

    @property
    def coming_model_parameter_name(self) -> str:
        """The SSM parameter that describes the model whose deployment has begun."""
        return f"{self.model_parameter_name}-coming"

    @property
    def key_parameter_name(self) -> str:
        """The SSM parameter with the ARN of the tier's own key; not every tier has one."""
        return f"/{self.name}/sentiment/key"
