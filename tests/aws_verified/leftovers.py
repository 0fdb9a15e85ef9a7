"""Removes a tier and what its services have written beside it, and looks for what is left."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.exceptions import ClientError

from deployment.deployed_tier import deployed_stacks
from deployment.status.aws_reads import is_absent
from deployment.tier_stacks import TierStacks
from tests.aws_verified.tier import TAG

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
"""Where SageMaker keeps the logs of every job of an account."""


def remove_logs(tier: TierStacks) -> None:
    """Delete the logs that SageMaker and Lambda keep of a tier that is gone."""
    logs: Any = boto3.client("logs")
    for group in _log_groups(tier):
        logs.delete_log_group(logGroupName=group)
    for stream in _training_log_streams(tier):
        logs.delete_log_stream(logGroupName=TRAINING_LOGS, logStreamName=stream)


def remains(tier: TierStacks) -> list[str]:
    """Everything of a tier that is still there, by name and by tag; nothing when it is gone.

    Training jobs that have ended are not among it: SageMaker keeps them as a record, for nothing,
    and nobody can delete them.
    """
    return sorted(
        {
            *deployed_stacks(tier),
            *_buckets(tier),
            *_endpoints(tier),
            *_running_jobs(tier),
            *_parameters(tier),
            *_roles(tier),
            *_functions(tier),
            *_log_groups(tier),
            *_training_log_streams(tier),
            *_tagged(tier),
        }
    )


def _client(service: str) -> Any:
    return boto3.client(service)


def of_a_stack(tier: TierStacks, name: str) -> bool:
    """Whether CloudFormation made the name for a resource of one of the tier's stacks."""
    stacks = "|".join(map(re.escape, (*tier.stacks, *tier.optional_stacks)))
    # At the start of a path's part: the names of a tier My-Verify hold Verify's, too.
    return re.search(rf"(?:^|/)(?:{stacks})[-/]", name, re.IGNORECASE) is not None


def _buckets(tier: TierStacks) -> Iterator[str]:
    for bucket in _client("s3").list_buckets()["Buckets"]:
        if of_a_stack(tier, bucket["Name"]):
            yield f"s3://{bucket['Name']}"


def _endpoints(tier: TierStacks) -> Iterator[str]:
    try:
        yield str(_client("sagemaker").describe_endpoint(EndpointName=tier.endpoint_name)[
            "EndpointArn"
        ])  # fmt: skip
    except ClientError as error:
        if not is_absent(error):
            raise


def _running_jobs(tier: TierStacks) -> Iterator[str]:
    prefix = f"{tier.job_name_prefix}-"
    for status in ("InProgress", "Stopping"):
        pages = _client("sagemaker").get_paginator("list_training_jobs")
        for page in pages.paginate(NameContains=prefix, StatusEquals=status):
            for job in page["TrainingJobSummaries"]:
                if job["TrainingJobName"].startswith(prefix):
                    yield job["TrainingJobArn"]


def _parameters(tier: TierStacks) -> Iterator[str]:
    names = [tier.model_parameter_name, tier.coming_model_parameter_name]
    for parameter in _client("ssm").get_parameters(Names=names)["Parameters"]:
        yield parameter["ARN"]


def _roles(tier: TierStacks) -> Iterator[str]:
    for page in _client("iam").get_paginator("list_roles").paginate():
        yield from (r["Arn"] for r in page["Roles"] if of_a_stack(tier, r["RoleName"]))


def _functions(tier: TierStacks) -> Iterator[str]:
    for page in _client("lambda").get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            if function["FunctionName"] == tier.api_name or of_a_stack(
                tier, function["FunctionName"]
            ):
                yield function["FunctionArn"]


def _log_groups(tier: TierStacks) -> Iterator[str]:
    endpoint = f"/aws/sagemaker/Endpoints/{tier.endpoint_name}"
    for page in _client("logs").get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            if name == endpoint or of_a_stack(tier, name):
                yield name


def _training_log_streams(tier: TierStacks) -> Iterator[str]:
    pages = _client("logs").get_paginator("describe_log_streams").paginate(
        logGroupName=TRAINING_LOGS, logStreamNamePrefix=f"{tier.job_name_prefix}-"
    )  # fmt: skip
    try:
        for page in pages:
            yield from (stream["logStreamName"] for stream in page["logStreams"])
    except ClientError as error:
        # There has never been a training job in this account and region.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


def _tagged(tier: TierStacks) -> Iterator[str]:
    pages = _client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(
        TagFilters=[{"Key": TAG, "Values": [tier.name]}]
    )  # fmt: skip
    for page in pages:
        for resource in page["ResourceTagMappingList"]:
            yield resource["ResourceARN"]
