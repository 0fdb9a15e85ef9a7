"""Puts right the stacks that were found half done: their operation ended with the process.

What CloudFormation would do if it lost its worker: a creation or an update is rolled back, a
rollback or a deletion goes on, and an update that had only to clean up is finished. A stack then
has a status from which it can be deployed again, and owns everything that it has made.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

from ministack.core.concurrency import run_reentrant
from ministack.core.responses import new_uuid, request_scope
from ministack.services import cloudformation
from ministack.services.cloudformation import stacks

from local_aws.ministack.operations import OPERATION, Stack, is_under_way

FindResources = Callable[[str, str, str], Iterable[str]]
"""Gives the ARNs of SageMaker's resources by stack id, logical id and CloudFormation type."""

_REASON = "The embedded AWS ended during the operation"
_RETAINING = ("Retain", "Snapshot", "RetainExceptOnCreate")

_log = logging.getLogger(__name__)


def interrupted_stacks() -> list[tuple[str, str, Stack]]:
    """Account, region and record of each stack whose operation nobody carries out any more."""
    return [
        (account, region, stack)
        for (account, region, _), stack in cloudformation._stacks._data.items()
        if is_under_way(stack)
    ]


class StackRecovery:
    """Brings interrupted stacks to an end; runs on the event loop."""

    def __init__(self, find_resources: FindResources, report: Callable[[str], None]) -> None:
        """Prepare the recovery.

        Args:
            find_resources: finds what a stack created in SageMaker, in the scope that is set.
            report: takes one line for each stack.
        """
        self._find_resources, self._report = find_resources, report

    async def recover(self, account: str, region: str, stack: Stack) -> None:
        """Bring one stack to an end; a failure is the stack's, and is reported."""
        name, started = stack["StackName"], time.monotonic()
        with request_scope(account, region):
            try:
                await self._recover(stack)
            except Exception as error:
                _log.exception("recovering stack %s", name)
                self._report(f"stack {name} could not be put right: {error}")
                return
            finally:
                _fail_change_sets(stack["StackId"])
        seconds = time.monotonic() - started
        self._report(f"stack {name} is in {stack['StackStatus']} again ({seconds:.1f} s)")

    async def _recover(self, stack: Stack) -> None:
        name, stack_id, status = stack["StackName"], stack["StackId"], stack["StackStatus"]
        operation = stack.get(OPERATION, {})
        if status == "DELETE_IN_PROGRESS":
            if "template" in operation:
                # Its creation was being cancelled.
                self._take_in_what_was_under_way(stack, operation)
                stack["_template"] = operation["template"]
                stack["_resolved_params"] = operation["param_values"]
            await stacks._delete_stack_async(
                name,
                stack_id,
                frozenset(operation.get("retain_resources", ())),
                operation.get("force", False),
            )
        elif (
            operation.get("is_cleaning_up")
            and operation["is_update"]
            and status.startswith("UPDATE_IN")
        ):
            await _finish_update(stack, operation)
        else:
            failed = operation.get("rollback") or self._failed_operation(stack, operation)
            held = [one for one in failed["created"] if one in stack.get("_resources", {})]
            await stacks._roll_back_operation(
                name, stack_id, stack, {**failed, "created": held}, _REASON
            )

    def _failed_operation(self, stack: Stack, operation: dict[str, Any]) -> dict[str, Any]:
        """A creation or an update as ministack describes one that has failed."""
        failed_update = self._take_in_what_was_under_way(stack, operation)
        previous = operation.get("previous_stack")
        template = operation.get("template") or stack.get("_template") or {}
        resources = stack.setdefault("_resources", {})
        before = (previous or {}).get("_resources", {})
        is_update = operation.get("is_update", stack["StackStatus"].startswith("UPDATE"))
        if is_update and previous is None:
            # A record without its operation: nothing is known to undo.
            previous, before = deepcopy(stack), resources
        return {
            "is_update": is_update,
            "previous_stack": previous,
            "created": [
                one
                for one in _in_order(template, operation, stack)
                if resources[one] != before.get(one)
            ],
            "failed_update": failed_update,
            "failed_logical_id": operation.get("under_way", {}).get("logical_id"),
            "template": template,
            "param_values": operation.get("param_values") or {},
            "retain_except_on_create": operation.get("retain_except_on_create", False),
            "stack_tags": operation.get("tags", []),
            "previous_tags": (previous or {}).get("Tags") or [],
            "imports": operation.get("imports", {}),
        }

    def _take_in_what_was_under_way(
        self, stack: Stack, operation: Mapping[str, Any]
    ) -> list[Any] | None:
        """Record the resource that was being created or updated, so that it is undone too.

        Returns:
            The custom resource's update that has to be sent back, if it was one.
        """
        resource = operation.get("under_way")
        if resource is None or _is_recorded(stack, operation, resource["logical_id"]):
            return None
        kind, logical_id = resource["type"], resource["logical_id"]
        stack_id, properties = stack["StackId"], resource["properties"]
        stacks._add_event(
            stack_id,
            stack["StackName"],
            logical_id,
            kind,
            "UPDATE_FAILED" if "update_of" in resource else "CREATE_FAILED",
            _REASON,
        )
        resources = stack.setdefault("_resources", {})
        record = {
            "ResourceType": kind,
            "LogicalResourceId": logical_id,
            "ResourceStatus": "CREATE_FAILED",
            "Attributes": {},
            **deepcopy(resources.get(logical_id, {})),
            "Properties": properties,
        }
        former = resource.get("update_of")
        if former is None or resource["replaces"]:
            known = {one.get("PhysicalResourceId") for one in resources.values()}
            if _is_custom(kind):
                # CloudFormation invents an id for a Create that it gave up.
                record["PhysicalResourceId"] = (
                    f"{stack['StackName']}-{logical_id}-{new_uuid()[:12].upper()}"
                )
                resources[logical_id] = record
            for arn in set(self._find_resources(stack_id, logical_id, kind)) - known:
                resources[logical_id] = {**record, "PhysicalResourceId": arn}
            return None
        if _is_custom(kind):
            old, attributes = former["old"], former["attributes"]
            return [logical_id, kind, former["physical_id"], properties, old, attributes]
        resources[logical_id] = record
        return None


async def _finish_update(stack: Stack, operation: Mapping[str, Any]) -> None:
    """Delete what the update has replaced and removed, and let the stack be what it asked for."""
    name, stack_id = stack["StackName"], stack["StackId"]
    previous, resources = operation["previous_stack"], stack["_resources"]
    template, parameters = operation["template"], operation["param_values"]
    for logical_id in reversed(_in_order(template, operation, stack)):
        old = previous["_resources"].get(logical_id)
        if old is None or old["PhysicalResourceId"] == resources[logical_id]["PhysicalResourceId"]:
            continue
        definition = template["Resources"].get(logical_id, {})
        if definition.get("UpdateReplacePolicy") in _RETAINING:
            continue
        try:
            await run_reentrant(
                stacks._delete_resource,
                old["ResourceType"],
                old["PhysicalResourceId"],
                old["Properties"],
                name,
                logical_id,
            )
        except Exception:
            # As in the update's own clean-up, it may be gone already.
            _log.exception("deleting %s of stack %s", old["PhysicalResourceId"], name)
    # Nothing is left to change, so this removes what the template no longer has, and publishes
    # the outputs.
    await stacks._deploy_stack_async(
        name,
        stack_id,
        template,
        parameters,
        False,
        operation["tags"],
        is_update=True,
        previous_stack={**previous, "_resources": deepcopy(resources), "Tags": operation["tags"]},
    )


def _is_recorded(stack: Stack, operation: Mapping[str, Any], logical_id: str) -> bool:
    """Whether the outcome of a resource's creation or update has been recorded."""
    before = (operation.get("previous_stack") or {}).get("_resources", {})
    now = stack.get("_resources", {})
    return bool(now.get(logical_id) != before.get(logical_id))


def _in_order(template: Mapping[str, Any], operation: Mapping[str, Any], stack: Stack) -> list[str]:
    """The logical ids of what the stack has, in the order in which they are created."""
    resources: dict[str, Any] = stack["_resources"]
    conditions = stacks._evaluate_conditions(template, operation.get("param_values") or {})
    ordered = stacks._topological_sort(template.get("Resources", {}), conditions)
    return [
        *(one for one in ordered if one in resources),
        *(one for one in resources if one not in ordered),
    ]


def _is_custom(kind: str) -> bool:
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def _fail_change_sets(stack_id: str) -> None:
    for change_set in cloudformation._change_sets.values():
        under_way = change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS"
        if change_set["StackId"] == stack_id and under_way:
            change_set["ExecutionStatus"] = "EXECUTE_FAILED"
