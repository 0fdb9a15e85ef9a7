"""What a stack operation is about, on the stack's own record, so that it is saved with it.

ministack 1.5.33 keeps it in the local variables of its coroutines (stacks.py:730), which end
with the process. `ministack_recovery.py` reads it when the stack is found half done.
"""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

OPERATION = "_local_aws_operation"
"""The member of a stack's record."""

Stack = dict[str, Any]
UntilDone = Callable[[Stack, Awaitable[None]], Awaitable[None]]


def record_operations(settled: Callable[[], None]) -> None:
    """Note what a stack operation was asked, and how far it has come.

    Args:
        settled: called when an operation has ended.
    """

    async def until_done(stack: Stack, work: Awaitable[None]) -> None:
        try:
            await work
        finally:
            if not is_under_way(stack):
                stack.pop(OPERATION, None)
                settled()

    _record_deployments(until_done)
    _record_deletions(until_done)
    _record_rollbacks(until_done)
    _record_resources_under_way()


def is_under_way(stack: Stack) -> bool:
    """Whether CloudFormation is at work on a stack; a change set under review is none."""
    status: str = stack.get("StackStatus", "")
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"


def _record_deployments(until_done: UntilDone) -> None:
    """stacks.py:730 deploys; handlers.py:377 and 1142, and changesets.py:1040, start it."""
    deploy = stacks._deploy_stack_async

    signature = inspect.signature(deploy)

    def recorded(*arguments: Any, **named: Any) -> Awaitable[None]:
        # Recorded in the step in which the stack gets its new status, not when the work begins.
        given = signature.bind(*arguments, **named)
        given.apply_defaults()
        asked = given.arguments
        stack = cloudformation._stacks[asked["stack_name"]]
        stack[OPERATION] = {
            "is_update": asked["is_update"],
            "previous_stack": asked["previous_stack"],
            "template": asked["template"],
            "param_values": asked["param_values"],
            "tags": stack.get("Tags") or [],
            "retain_except_on_create": asked["retain_except_on_create"],
            "imports": dict(asked["imports"] or {}),
        }
        return until_done(stack, deploy(*arguments, **named))

    for module in (stacks, handlers, changesets):
        module._deploy_stack_async = recorded

    # stacks.py:983: from here on, an update only cleans up after itself.
    resolve = stacks._resolve_stack_outputs

    def resolve_outputs(*arguments: Any) -> Any:
        resolved = resolve(*arguments)
        stack = cloudformation._stacks.get(arguments[5])
        if stack is not None and OPERATION in stack:
            stack[OPERATION]["is_cleaning_up"] = True
        return resolved

    stacks._resolve_stack_outputs = resolve_outputs


def _record_deletions(until_done: UntilDone) -> None:
    """stacks.py:1134 deletes; handlers.py:975 starts it."""
    delete = stacks._delete_stack_async

    async def recorded(
        stack_name: str, stack_id: str, retain_resources: Any = (), force: bool = False
    ) -> None:
        stack = cloudformation._stacks.get(stack_name)
        if stack is None:
            return
        stack[OPERATION] = {"retain_resources": sorted(retain_resources), "force": force}
        await until_done(stack, delete(stack_name, stack_id, retain_resources, force))

    for module in (stacks, handlers):
        module._delete_stack_async = recorded


def _record_rollbacks(until_done: UntilDone) -> None:
    """stacks.py:401 rolls back; handlers.py:1473 starts it for RollbackStack."""
    roll_back: Callable[..., Awaitable[None]] = stacks._roll_back_operation

    async def recorded(
        stack_name: str,
        stack_id: str,
        stack: Stack,
        operation: Mapping[str, Any],
        reason_override: str = "",
    ) -> None:
        stack.setdefault(OPERATION, {})["rollback"] = operation
        await until_done(stack, roll_back(stack_name, stack_id, stack, operation, reason_override))

    for module in (stacks, handlers):
        module._roll_back_operation = recorded


def _record_resources_under_way() -> None:
    """stacks.py:100 creates a resource and 94 updates it, and only then records it.

    Only types that run on a thread of their own (stacks.py:78) can be caught in between: all
    others are created and recorded in one step of the event loop, where state is copied too.
    """
    provision, update = stacks._provision_keeping_seed, stacks._update_keeping_seed

    def provision_recorded(
        resource_type: str, logical_id: str, properties: Any, stack_name: str
    ) -> Any:
        _note(stack_name, resource_type, logical_id, {"properties": properties})
        return provision(resource_type, logical_id, properties, stack_name)

    def update_recorded(*arguments: Any) -> Any:
        kind, physical_id, old, new, stack_name, logical_id, attributes = arguments
        if old != new:
            update_of = {"physical_id": physical_id, "old": old, "attributes": attributes}
            replaces = bool(provisioners._replacing_change(kind, old, new))
            what = {"properties": new, "update_of": update_of, "replaces": replaces}
            _note(stack_name, kind, logical_id, what)
        return update(*arguments)

    stacks._provision_keeping_seed = provision_recorded
    stacks._update_keeping_seed = update_recorded


def _note(stack_name: str, resource_type: str, logical_id: str, what: dict[str, Any]) -> None:
    stack = cloudformation._stacks.get(stack_name)
    if stack is not None and OPERATION in stack:
        stack[OPERATION]["under_way"] = {"type": resource_type, "logical_id": logical_id, **what}
