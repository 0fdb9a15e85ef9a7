"""What one version of the stack asks for: CloudFormation may bring a version of long ago."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lambdas.training_job.job_name import base_of
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties, what_shapes_the_job


@dataclass(frozen=True, kw_only=True)
class StackVersion:
    """One version's properties, which another version of these handlers may have found valid.

    A Delete has to work with whatever was deployed once. So what it needs is read leniently, and
    what is wrong with the properties is only said where they are asked for.
    """

    parsed: TrainingJobProperties | TrainingJobError
    """The error lists every problem with them."""
    shape: Mapping[str, Any]
    """As CloudFormation sent it: what another job follows from."""
    job_name_prefix: str
    """What the names of its training jobs begin with; "" for none."""
    tuning_job_name_prefix: str
    """The same of its tuning jobs."""

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read the ResourceProperties of any version; never fails for what they say."""
        parsed: TrainingJobProperties | TrainingJobError
        try:
            parsed = TrainingJobProperties.parse(given)
        except TrainingJobError as error:
            parsed = error
        return cls(
            parsed=parsed,
            shape=what_shapes_the_job(given),
            job_name_prefix=str(given.get("JobNamePrefix", "")),
            tuning_job_name_prefix=str(given.get("TuningJobNamePrefix", "")),
        )

    @property
    def properties(self) -> TrainingJobProperties:
        """The properties as values.

        Raises:
            TrainingJobError: lists every problem with them.
        """
        if isinstance(self.parsed, TrainingJobError):
            raise self.parsed
        return self.parsed

    def asks_for_the_same_job_as(self, other: "StackVersion") -> bool:
        """Whether the two versions differ in nothing that shapes the job."""
        return self.shape == other.shape

    def base_of(self, physical_id: str) -> str | None:
        """Return the first attempt's name for a job of this version, None for any other id."""
        return base_of(
            physical_id, prefix=self.job_name_prefix, tuning_prefix=self.tuning_job_name_prefix
        )
