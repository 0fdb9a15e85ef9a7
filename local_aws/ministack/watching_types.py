"""CloudFormation's types of composite alarms and of budgets.

ministack 1.5.33 has both services, and neither type (provisioners.py:15130).
"""

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import budgets, cloudwatch
from ministack.services.cloudformation import provisioners

_COMPOSITE = "AWS::CloudWatch::CompositeAlarm"
_BUDGET = "AWS::Budgets::Budget"
_NAME_MAX_LENGTH = {_COMPOSITE: 255, _BUDGET: 100}

Attributes = tuple[str, dict[str, str]]
Response = tuple[int, Mapping[str, str], bytes]


def add_watching_types() -> None:
    """Add the types, on the operations that CloudFormation itself calls."""
    provisioners._RESOURCE_HANDLERS[_COMPOSITE] = {
        "create": lambda logical_id, props, stack: _put_composite(
            props.get("AlarmName") or _name(_COMPOSITE, stack, logical_id), props
        ),
        "update": lambda physical_id, _old, new, _stack: _put_composite(physical_id, new),
        "delete": lambda physical_id, _props: _delete_composite(physical_id),
    }
    # "Update requires: Replacement" (CloudFormation's template reference, of each type).
    provisioners._REPLACING_PROPERTIES[_COMPOSITE] = ("AlarmName",)
    provisioners._RESOURCE_HANDLERS[_BUDGET] = {
        "create": lambda logical_id, props, stack: _create_budget(
            _name(_BUDGET, stack, logical_id), props
        ),
        "update": lambda physical_id, _old, new, _stack: _update_budget(physical_id, new),
        "delete": lambda physical_id, _props: _done(
            budgets._delete_budget({"BudgetName": physical_id}), unless="NotFoundException"
        ),
    }
    provisioners._REPLACING_PROPERTIES[_BUDGET] = ("NotificationsWithSubscribers", "ResourceTags")


def _name(kind: str, stack: str, logical_id: str) -> str:
    name: str = provisioners._physical_name(stack, logical_id, max_len=_NAME_MAX_LENGTH[kind])
    return name


def _put_composite(name: str, props: Mapping[str, Any]) -> Attributes:
    request = {**props, "AlarmName": name, "ActionsEnabled": _enabled(props)}
    _done(cloudwatch._put_composite_alarm({}, request, is_cbor=False, is_json=True))
    arn = f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm:{name}"
    return name, {"Arn": arn}


def _enabled(props: Mapping[str, Any]) -> bool:
    return str(props.get("ActionsEnabled", True)).lower() != "false"


def _delete_composite(name: str) -> None:
    _done(cloudwatch._delete_alarms({}, {"AlarmNames": [name]}, is_cbor=False, is_json=True))


def _create_budget(name: str, props: Mapping[str, Any]) -> Attributes:
    budget = _budget(name, props)
    _done(
        budgets._create_budget(
            {
                "Budget": budget,
                "NotificationsWithSubscribers": [
                    {**one, "Notification": _notification(one["Notification"])}
                    for one in props.get("NotificationsWithSubscribers", ())
                ],
                "ResourceTags": props.get("ResourceTags", []),
            }
        )
    )
    return str(budget["BudgetName"]), {}


def _update_budget(name: str, props: Mapping[str, Any]) -> Attributes:
    _done(budgets._update_budget({"NewBudget": _budget(name, props)}))
    return name, {}


def _budget(name: str, props: Mapping[str, Any]) -> dict[str, Any]:
    """A budget as the API takes it, in which amounts are text."""
    given = {"BudgetName": name, **props["Budget"]}
    limit = given.get("BudgetLimit")
    return given if limit is None else given | {"BudgetLimit": limit | _text(limit, "Amount")}


def _text(values: Mapping[str, Any], member: str) -> dict[str, str]:
    return {member: str(values[member])}


def _notification(given: Mapping[str, Any]) -> dict[str, Any]:
    return {**given, "Threshold": float(given["Threshold"])}


def _done(response: Response, *, unless: str = "") -> None:
    """Make a refusal CloudFormation's own.

    Raises:
        ValueError: the service has refused, with its words.
    """
    status, _, body = response
    if status < 300:
        return
    refusal = json.loads(body)
    if unless and unless in str(refusal.get("__type")):
        return
    raise ValueError(f"{refusal.get('message') or refusal.get('Message')}")
