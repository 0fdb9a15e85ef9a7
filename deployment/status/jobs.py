"""A tier's training jobs, as SageMaker describes them."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from deployment.status.aws_reads import Aws, is_absent
from deployment.status.fields import JobStatus
from lambdas.training_job.job_name import owner_of
from tier_layout.names import TUNING_INFIX, TierNames


def newest_job(aws: Aws, tier: TierNames, *, other_than: str | None) -> str | None:
    """The training job of the tier that was started last, whatever became of it.

    Args:
        aws: where to look.
        tier: whose jobs.
        other_than: the job that serves. If that is the newest, or one of the same tuning job is,
            there is none to speak of.
    """
    prefixes = (f"{tier.job_name_prefix}-", f"{tier.tuning_job_name_prefix}{TUNING_INFIX}")
    newest = [job for prefix in prefixes for job in _newest_with(aws, prefix)]
    if not newest:
        return None
    name: str = max(newest, key=lambda job: job["CreationTime"])["TrainingJobName"]
    same = other_than is not None and owner_of(name) == owner_of(other_than)
    return None if same else name


def described_job(aws: Aws, name: str | None) -> Mapping[str, Any] | None:
    """What SageMaker says of a job; None without a name, or when it does not know the job."""
    if name is None:
        return None
    try:
        return aws.sagemaker.describe_training_job(TrainingJobName=name)
    except ClientError as error:
        if is_absent(error):
            return None
        raise


def job_status(
    name: str, described: Mapping[str, Any] | None, now: datetime, *, imported: bool = False
) -> JobStatus:
    """The same in our words.

    Args:
        name: the job's.
        described: by `described_job`.
        now: an aware time, for how long a job has been under way.
        imported: whether the tier only serves its model.
    """
    job = described or {}
    started = job.get("TrainingStartTime") or job.get("CreationTime")
    ended = job.get("TrainingEndTime") or now
    tuning_job = str(job.get("TuningJobArn") or "").rpartition("/")[2]
    return JobStatus(
        name=name,
        status=job.get("TrainingJobStatus"),
        failure_reason=job.get("FailureReason"),
        instance_type=job.get("ResourceConfig", {}).get("InstanceType"),
        started=started,
        # A clock that is behind SageMaker's must not make it negative.
        duration_seconds=max(0, round((ended - started).total_seconds())) if started else None,
        tuning_job=tuning_job or None,
        imported=imported,
    )


def _newest_with(aws: Aws, prefix: str) -> Iterator[Mapping[str, Any]]:
    """The newest job whose name begins so, if there is any."""
    request: dict[str, Any] = {
        "NameContains": prefix,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        "MaxResults": 100,
    }
    while True:
        page = aws.sagemaker.list_training_jobs(**request)
        for job in page["TrainingJobSummaries"]:
            # SageMaker looks for the text anywhere: Our-Sandbox's jobs contain Sandbox's prefix.
            if job["TrainingJobName"].startswith(prefix):
                yield job
                return
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
