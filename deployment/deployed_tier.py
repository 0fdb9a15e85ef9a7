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
    logical_id: str
    """Its name in the template."""
    type: str
    physical_id: str


def deployed_stacks(tier: TierNames) -> list[str]:
    """The tier's stacks that exist, those that not every tier has included."""
    return [stack for stack in (*tier.stacks, *tier.optional_stacks) if _is_there(tier, stack)]


def retains_data(tier: TierNames) -> bool:
    """Whether the tier's data bucket outlives its stack, as it was deployed.

    By the deployed template and not by the settings that a command line names: those may be others.
    """
    stack = tier.training_job
    return _is_there(tier, stack) and any(r.type == DATA_BUCKET for r in retained(stack))


def retained(stack: str) -> list[Resource]:
    """What a deployed stack leaves behind when it is deleted (DeletionPolicy: Retain)."""
    client: Any = boto3.client("cloudformation")
    resources: Mapping[str, Any] = client.get_template(StackName=stack)["TemplateBody"]["Resources"]
    kept = {name for name, r in resources.items() if r.get("DeletionPolicy") == "Retain"}
    if not kept:
        return []
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack)
    return [
        Resource(
            stack=stack,
            logical_id=found["LogicalResourceId"],
            type=found["ResourceType"],
            physical_id=found["PhysicalResourceId"],
        )
        for page in pages
        for found in page["StackResourceSummaries"]
        if found["LogicalResourceId"] in kept and found.get("PhysicalResourceId")
    ]


def _is_there(tier: TierNames, stack: str) -> bool:
    # A change set that was never executed is no stack yet.
    return TierStacks(tier.name).status(stack) not in {"", "REVIEW_IN_PROGRESS"}
