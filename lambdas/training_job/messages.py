"""The training job's own error, and where its log is."""

from dataclasses import dataclass
from typing import Final

from lambdas.custom_resource.messages import CustomResourceError

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
"""The CloudWatch log group to which SageMaker writes what every training job prints."""


class TrainingJobError(CustomResourceError):
    """There is no deployable model, and the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One of several things that are wrong."""

    what: str
    """A clause with the offending value, without a full stop."""
    remedy: str
    """Whole sentences; problems of one kind share them."""


def logs_of(job_name: str) -> str:
    """Say where the log of a job is; a tuning job's training jobs are named after it."""
    return f"Its log: CloudWatch log group {LOG_GROUP}, streams that begin with {job_name}."
