"""DeleteStack while an operation runs: the part of `gaps.py` that needs most room.

CloudFormation cancels a creation, deletes what was created, and sends a custom resource whose
Create was under way a Delete with an id that it invents (CDK README of custom-resources,
"Important cases to handle"). It refuses to delete a stack that is being updated. ministack 1.5.33
starts the deletion beside the creation, which then goes on and leaves its resources behind.
"""

import asyncio
import contextvars
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, custom_resource, handlers, stacks

_CANCELLED = "Resource creation cancelled"
_POLL_SECONDS = 0.01


@dataclass(frozen=True)
class _Creation:
    """A resource whose creation is under way."""

    resource_type: str
    logical_id: str
    properties: Mapping[str, Any]
    stack_name: str


@dataclass
class _Creations:
    """What is being created, and which stacks' creations are to end."""

    cancelled_stacks: set[str] = field(default_factory=set)
    tokens: dict[str, _Creation] = field(default_factory=dict)
    """Custom resources whose answer is awaited, by the token of their ResponseURL."""

    def cancel(self, stack_name: str) -> list[_Creation]:
        """End a stack's creation; returns the custom resources whose Create was under way."""
        self.cancelled_stacks.add(stack_name)
        pending = {t: c for t, c in self.tokens.items() if c.stack_name == stack_name}
        for token in pending:
            custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": _CANCELLED})
        return list(pending.values())

    def forget(self, creation: _Creation) -> None:
        """A creation has ended."""
        for token in [t for t, awaited in self.tokens.items() if awaited is creation]:
            self.tokens.pop(token, None)


_current: contextvars.ContextVar[_Creation | None] = contextvars.ContextVar(
    "creation", default=None
)


def delete_during_operations() -> None:
    """Make DeleteStack do what CloudFormation does while the stack is created or updated."""
    creations = _Creations()
    _know_creations(creations)
    _cancel_creation_on_delete(creations)
    _abandon_what_an_update_cannot_delete()


def _know_creations(creations: _Creations) -> None:
    """stacks.py:100 creates a resource, custom_resource.py:25 awaits a custom resource's answer."""
    provision = stacks._provision_keeping_seed
    register = custom_resource.register_token

    def provision_unless_cancelled(
        resource_type: str, logical_id: str, properties: Mapping[str, Any], stack_name: str
    ) -> Any:
        if stack_name in creations.cancelled_stacks:
            raise RuntimeError(_CANCELLED)
        creation = _Creation(resource_type, logical_id, properties, stack_name)
        reset = _current.set(creation)
        try:
            return provision(resource_type, logical_id, properties, stack_name)
        finally:
            _current.reset(reset)
            creations.forget(creation)

    def register_with_creation(token: str) -> Any:
        answer = register(token)
        creation = _current.get()
        if creation is not None:
            creations.tokens[token] = creation
        return answer

    stacks._provision_keeping_seed = provision_unless_cancelled
    custom_resource.register_token = register_with_creation


def _cancel_creation_on_delete(creations: _Creations) -> None:
    """handlers.py:895 deletes whatever the stack's status is; stacks.py:401 rolls back."""
    delete: Callable[[Mapping[str, Any]], Any] = handlers._ACTION_HANDLERS["DeleteStack"]
    roll_back: Callable[..., Awaitable[None]] = stacks._roll_back_operation

    def delete_stack(parameters: Mapping[str, Any]) -> Any:
        stack = handlers._resolve_stack(handlers._p(parameters, "StackName"))
        status = stack.get("StackStatus", "") if stack else ""
        if status.startswith("UPDATE_") and status.endswith("_IN_PROGRESS"):
            return handlers._error(
                "ValidationError",
                f"Stack [{stack['StackId']}] cannot be deleted while in status {status}",
            )
        if status != "CREATE_IN_PROGRESS":
            return delete(parameters)
        stack["StackStatus"] = "DELETE_IN_PROGRESS"
        deletion = _delete_after_cancelling(creations, stack)
        stacks._create_stack_task_in_region(deletion, stack, stack["StackId"])
        return handlers._xml(200, "DeleteStackResponse", "")

    async def roll_back_unless_deleted(
        stack_name: str, stack_id: str, stack: dict[str, Any], operation: Any, *arguments: Any
    ) -> None:
        if stack_name not in creations.cancelled_stacks:
            return await roll_back(stack_name, stack_id, stack, operation, *arguments)
        # The deletion takes what was created, in the template's order.
        stack["_template"] = operation["template"]
        stack["_resolved_params"] = operation["param_values"]
        creations.cancelled_stacks.discard(stack_name)
        return None

    handlers._ACTION_HANDLERS["DeleteStack"] = delete_stack
    stacks._roll_back_operation = roll_back_unless_deleted


def _abandon_what_an_update_cannot_delete() -> None:
    """stacks.py:1096 keeps a removed resource whose deletion failed, for the next deletion.

    CloudFormation reports it and lets it go: the stack no longer has it (user guide, "Update
    behaviors of stack resources", UPDATE_COMPLETE_CLEANUP_IN_PROGRESS).
    """
    deploy = stacks._deploy_stack_async
    signature = inspect.signature(deploy)

    @functools.wraps(deploy)
    async def deploy_and_abandon(*arguments: Any, **named: Any) -> None:
        await deploy(*arguments, **named)
        asked = signature.bind(*arguments, **named).arguments
        stack = cloudformation._stacks.get(asked["stack_name"])
        if stack is None or stack["StackStatus"] != "UPDATE_COMPLETE":
            return
        declared = asked["template"].get("Resources", {})
        stack["_resources"] = {
            name: resource
            for name, resource in stack["_resources"].items()
            if name in declared or resource["ResourceStatus"] != "DELETE_FAILED"
        }

    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = deploy_and_abandon


async def _delete_after_cancelling(creations: _Creations, stack: dict[str, Any]) -> None:
    name = stack["StackName"]
    under_way = creations.cancel(name)
    # Until the creation has ended, or has been too quick to be cancelled.
    while name in creations.cancelled_stacks and stack["StackStatus"] == "DELETE_IN_PROGRESS":
        await asyncio.sleep(_POLL_SECONDS)
    creations.cancelled_stacks.discard(name)
    for creation in under_way:
        # With the others: a Delete that fails is the stack's, and can be repeated.
        stack.setdefault("_resources", {})[creation.logical_id] = {
            "PhysicalResourceId": f"{name}-{creation.logical_id}-{new_uuid()[:12].upper()}",
            "ResourceType": creation.resource_type,
            "ResourceStatus": "CREATE_FAILED",
            "LogicalResourceId": creation.logical_id,
            "Properties": dict(creation.properties),
            "Attributes": {},
        }
    await stacks._delete_stack_async(name, stack["StackId"])
    # A stack's change sets go with it (handlers.py:966): the next deployment has one of that name.
    changesets._drop_other_change_sets(stack["StackId"], None)
