"""What there is of a tier, as CloudFormation knows it, before a command changes or removes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3

from deployment.tier_stacks import TierStacks
from tier_layout.names import TierNames

DATA_BUCKET = "AWS::S3::Bucket"


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource of a deployed stack."""

    stack: str
    type: str
    physical_id: str


def deployed_stacks(tier: TierNames) -> list[str]:
    """The tier's stacks that exist, that of the Glue job included, in the order of deployment."""
    stacks = TierStacks(tier.name)
    # A change set that was never executed is no stack yet.
    absent = {"", "REVIEW_IN_PROGRESS"}
    every = (*tier.stacks, tier.data_preparation)
    return [stack for stack in every if stacks.status(stack) not in absent]


def retains_data(tier: TierNames) -> bool:
    """Whether the tier's data bucket outlives its stack, as it was deployed.

    By the deployed template and not by the settings that a command line names: those may be others.
    """
    if tier.training_job not in deployed_stacks(tier):
        return False
    return any(r.type == DATA_BUCKET for r in retained(tier.training_job))


def retained(stack: str) -> list[Resource]:
    """What a deployed stack leaves behind when it is deleted (DeletionPolicy: Retain)."""
    client: Any = boto3.client("cloudformation")
    template: Mapping[str, Any] = client.get_template(StackName=stack)["TemplateBody"]
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        Resource(
            stack=stack,
            type=found["ResourceType"],
            physical_id=found["PhysicalResourceId"],
        )
        for page in pages
        for found in page["StackResourceSummaries"]
        if found.get("PhysicalResourceId")
        and template["Resources"].get(found["LogicalResourceId"], {}).get("DeletionPolicy")
        == "Retain"
    ]
