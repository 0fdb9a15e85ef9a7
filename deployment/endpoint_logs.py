"""The log group of a tier's endpoint, where SageMaker has made it before our template did."""

from typing import Any

import boto3
from botocore.exceptions import ClientError

from deployment.deployed_tier import deployed_stacks
from deployment.tier_stacks import TierStacks
from stacks.log_group import ENDPOINT_LOGS_PREFIX

_GROUP = "AWS::Logs::LogGroup"


def check_endpoint_logs(stacks: TierStacks) -> None:
    """Refuse a deployment that CloudFormation would roll back, because the group is there.

    So it is for a tier whose endpoint was made before the group was part of its stack.

    Raises:
        ValueError: the group is there, and is not the stack's; says what to do.
        botocore.exceptions.ClientError: CloudFormation refuses to say.
    """
    name = f"{ENDPOINT_LOGS_PREFIX}{stacks.endpoint_name}"
    if not _is_there(name) or _is_the_stacks(stacks):
        return
    raise ValueError(
        f"There is a log group {name} that SageMaker has made, and that is kept for ever. "
        f"{stacks.machine_learning} makes it with an end, and CloudFormation takes over nothing "
        f"that is there already. Nothing was changed in that stack: {stacks.name} serves as "
        f"before. Keep what you need of it, and delete it:\n"
        f"  aws logs delete-log-group --log-group-name {name}"
    )


def _is_the_stacks(stacks: TierStacks) -> bool:
    if stacks.machine_learning not in deployed_stacks(stacks):
        return False
    client: Any = boto3.client("cloudformation")
    template = client.get_template(StackName=stacks.machine_learning)["TemplateBody"]
    return any(resource["Type"] == _GROUP for resource in template["Resources"].values())


def _is_there(name: str) -> bool:
    client: Any = boto3.client("logs")
    try:
        found = client.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    except ClientError as error:
        # Whoever may not look is told by CloudFormation.
        if error.response["Error"]["Code"] == "AccessDeniedException":
            return False
        raise
    return any(group["logGroupName"] == name for group in found)
