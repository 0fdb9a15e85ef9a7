"""Which training jobs that exist already save us from training again."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import is_forbidden, is_missing_object
from lambdas.training_job.aws_api import Aws
from lambdas.training_job.job_name import base_of, beginning, owner_of
from lambdas.training_job.job_request import was_made_from
from lambdas.training_job.jobs import describe
from lambdas.training_job.properties import TrainingJobProperties

_MODEL_FILE: Final = "/output/model.tar.gz"
_MAX_PAGES: Final = 5
"""Pages of 1,000 models that are listed at most."""
_MAX_CANDIDATES: Final = 50
"""Jobs that are described at most, newest model first: some 10 s of calls."""

logger = logging.getLogger(__name__)


def is_reusable(aws: Aws, job: Mapping[str, Any]) -> bool:
    """Whether a job has a model, or is still on the way to one.

    A completed job whose artifact was deleted counts as ended without a model.
    """
    status = job.get("TrainingJobStatus")
    return status == "InProgress" or (status == "Completed" and _artifact_exists(aws, job))


def finished_job(
    aws: Aws, physical_resource_id: str, properties: TrainingJobProperties
) -> str | None:
    """Return the id if it is a completed job of ours, made from exactly these properties."""
    base = base_of(
        physical_resource_id,
        prefix=properties.job_name_prefix,
        tuning_prefix=properties.tuning_job_name_prefix,
    )
    if base is None:
        return None
    job = describe(aws, physical_resource_id)
    if job is None or job.get("TrainingJobStatus") != "Completed":
        return None
    if not was_made_from(job, properties) or not _artifact_exists(aws, job):
        return None
    return physical_resource_id


def search_finished_job(aws: Aws, properties: TrainingJobProperties) -> str | None:
    """Find a completed job that was made from these properties, by the models in S3.

    For a rollback whose data is gone: CloudFormation may then hold the *new* job's id,
    so nothing but the models leads to the old job. The newest comes first.
    """
    try:
        names = list(dict.fromkeys(_jobs_with_a_model(aws, properties)))
    except ClientError as error:
        if is_forbidden(error) or is_missing_object(error):
            logger.warning("Models under %s cannot be listed", properties.output_path)
            return None
        raise
    for name in names[:_MAX_CANDIDATES]:
        found = finished_job(aws, name, properties)
        if found:
            return found
    return None


def _jobs_with_a_model(aws: Aws, properties: TrainingJobProperties) -> Iterator[str]:
    output = urlsplit(properties.output_path)
    folder = f"{output.path.strip('/')}/".lstrip("/")
    request = {"Bucket": output.netloc, "Prefix": f"{folder}{beginning(properties)}"}
    models: list[Mapping[str, Any]] = []
    for _ in range(_MAX_PAGES):
        page = aws.s3.list_objects_v2(**request)
        models += [
            entry for entry in page.get("Contents", []) if str(entry["Key"]).endswith(_MODEL_FILE)
        ]
        if not page.get("IsTruncated"):
            break
        request["ContinuationToken"] = page["NextContinuationToken"]
    for entry in sorted(models, key=lambda model: model["LastModified"], reverse=True):
        yield owner_of(str(entry["Key"]).removeprefix(folder).removesuffix(_MODEL_FILE))


def _artifact_exists(aws: Aws, job: Mapping[str, Any]) -> bool:
    location = urlsplit(str(job.get("ModelArtifacts", {}).get("S3ModelArtifacts", "")))
    if location.scheme != "s3":
        return False
    try:
        aws.s3.head_object(Bucket=location.netloc, Key=location.path.lstrip("/"))
    except ClientError as error:
        # Only a definite answer lets us train again; a passing error must not.
        if is_missing_object(error):
            return False
        raise
    return True
