"""What the roles of stacks may do, and how to take one permission away for a while."""

import copy
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# What the CDK adds to a construct's path to make a logical id of it.
_HASH = re.compile(r"[0-9A-F]{8}$")
_TUNED_JOBS = re.compile(r":training-job/[^:]+-tune-\*$")


@dataclass(frozen=True)
class Permission:
    """One action of one statement of one role's inline policy."""

    stack: str
    """Without the tier's name."""
    role: str
    """Its logical id, without the CDK's hash."""
    role_name: str
    """In IAM."""
    policy: str
    statement: int
    """Its place in the policy."""
    action: str
    resources: tuple[str, ...]

    def __str__(self) -> str:
        """Name it, so that it differs from the role's others."""
        of_tuned_jobs = all(_TUNED_JOBS.search(arn) for arn in self.resources)
        return f"{self.stack}/{self.role}: {self.action}" + (
            " (of a tuning job)" if of_tuned_jobs else ""
        )


def permissions(aws: Any, stacks: Sequence[str]) -> list[Permission]:
    """Every action of every statement of every role of the stacks.

    Args:
        aws: gives a boto3 client for a service; see `tests.end_to_end.conftest.Aws`.
        stacks: their names.
    """
    iam, found = aws.client("iam"), []
    for stack in stacks:
        resources = aws.client("cloudformation").describe_stack_resources(StackName=stack)
        for resource in resources["StackResources"]:
            if resource["ResourceType"] != "AWS::IAM::Role":
                continue
            name = resource["PhysicalResourceId"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                statements = _document(iam, name, policy)["Statement"]
                found += [
                    Permission(
                        stack=stack.rsplit("-", 1)[1],
                        role=_HASH.sub("", resource["LogicalResourceId"]),
                        role_name=name,
                        policy=policy,
                        statement=number,
                        action=action,
                        resources=tuple(_as_list(statement["Resource"])),
                    )
                    for number, statement in enumerate(statements)
                    for action in _as_list(statement["Action"])
                ]
    return found


@contextmanager
def taken_away(iam: Any, permission: Permission) -> Iterator[None]:
    """The role without one action of one statement, for as long as the `with` block lasts."""
    whole = _document(iam, permission.role_name, permission.policy)
    rest = copy.deepcopy(whole)
    statement = rest["Statement"][permission.statement]
    statement["Action"] = [
        action for action in _as_list(statement["Action"]) if action != permission.action
    ]
    if not statement["Action"]:
        del rest["Statement"][permission.statement]
    _put(iam, permission, rest)
    try:
        yield
    finally:
        _put(iam, permission, whole)


def _document(iam: Any, role: str, policy: str) -> dict[str, Any]:
    answer = iam.get_role_policy(RoleName=role, PolicyName=policy)
    document: dict[str, Any] = answer["PolicyDocument"]
    return document


def _put(iam: Any, permission: Permission, document: dict[str, Any]) -> None:
    names = {"RoleName": permission.role_name, "PolicyName": permission.policy}
    if document["Statement"]:
        iam.put_role_policy(**names, PolicyDocument=json.dumps(document))
    else:
        # IAM takes no policy without a statement.
        iam.delete_role_policy(**names)


def _as_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
