"""Application Auto Scaling: its API, and its CloudFormation types, for SageMaker's variants."""

from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import router
from ministack.services.cloudformation import provisioners

from local_aws.ministack.json_api import JsonApi, Operation
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.scalable_targets import ScalableTargets

_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_PREFIX = "AWS::ApplicationAutoScaling::"

Attributes = tuple[str, dict[str, str]]


def add_autoscaling(targets: Callable[[], ScalableTargets]) -> None:
    """provisioners.py:15130 and app.py:411 have no Application Auto Scaling.

    Args:
        targets: gives the scalable targets of the account and region that is being handled.
    """
    api = JsonApi("application-autoscaling", lambda: _operations(targets()))
    app.SERVICE_HANDLERS["application-autoscaling"] = api.handle_request
    router.SERVICE_PATTERNS["application-autoscaling"] = {"target_prefixes": [api.target_prefix]}
    provisioners._RESOURCE_HANDLERS |= _handlers(targets)
    provisioners._REPLACING_PROPERTIES[f"{_PREFIX}ScalableTarget"] = _IDENTITY
    provisioners._REPLACING_PROPERTIES[f"{_PREFIX}ScalingPolicy"] = (
        "PolicyName",
        "ScalingTargetId",
        *_IDENTITY,
    )


def _operations(targets: ScalableTargets) -> dict[str, Operation]:
    return {
        "RegisterScalableTarget": targets.register,
        "DescribeScalableTargets": targets.describe,
        "DeregisterScalableTarget": targets.deregister,
        "PutScalingPolicy": targets.put_policy,
        "DescribeScalingPolicies": targets.describe_policies,
        "DeleteScalingPolicy": targets.delete_policy,
    }


def _handlers(targets: Callable[[], ScalableTargets]) -> dict[str, dict[str, Callable[..., Any]]]:
    def put_target(props: Mapping[str, Any]) -> Attributes:
        numbers = {name: int(props[name]) for name in ("MinCapacity", "MaxCapacity")}
        targets().register(dict(props) | numbers)
        identity = "|".join(str(props[member]) for member in _IDENTITY)
        return identity, {"Id": identity}

    def put_policy(props: Mapping[str, Any]) -> Attributes:
        arn = targets().put_policy(_policy(props))["PolicyARN"]
        return arn, {"Arn": arn}

    def delete_target(physical_id: str, _props: Mapping[str, Any]) -> None:
        _unless_gone(
            targets().deregister, dict(zip(_IDENTITY, physical_id.split("|"), strict=True))
        )

    def delete_policy(_physical_id: str, props: Mapping[str, Any]) -> None:
        _unless_gone(targets().delete_policy, _policy(props))

    return {
        f"{_PREFIX}ScalableTarget": {
            "create": lambda _logical_id, props, _stack: put_target(props),
            "update": lambda _physical_id, _old, new, _stack: put_target(new),
            "delete": delete_target,
        },
        f"{_PREFIX}ScalingPolicy": {
            "create": lambda _logical_id, props, _stack: put_policy(props),
            "update": lambda _physical_id, _old, new, _stack: put_policy(new),
            "delete": delete_policy,
        },
    }


def _policy(props: Mapping[str, Any]) -> dict[str, Any]:
    """A policy's properties as PutScalingPolicy takes them: the target by its three members."""
    named = props.get("ScalingTargetId")
    target = dict(zip(_IDENTITY, named.split("|"), strict=True)) if named else {}
    return {**props, **target}


def _unless_gone(delete: Operation, request: Mapping[str, Any]) -> None:
    """Delete what may be gone already: an endpoint takes its targets with it, and they theirs."""
    try:
        delete(request)
    except SageMakerError as error:
        if error.code != "ObjectNotFoundException":
            raise
