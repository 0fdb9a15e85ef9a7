"""Application Auto Scaling, as far as SageMaker's variants are its targets.

Targets and policies are kept, and SageMaker asks for them; nothing is scaled, because every
variant is one process here, however many instances it asks for.
"""

import threading
import uuid
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.errors import SageMakerError, invalid
from local_aws.sagemaker.scope import Scope

NAMESPACE = "sagemaker"
INSTANCES = "sagemaker:variant:DesiredInstanceCount"

Key = tuple[str, str]
"""A target's ResourceId and ScalableDimension."""


class ScalableTargets:
    """The scalable targets of one account and region, and their scaling policies."""

    def __init__(
        self,
        *,
        find_variant: Callable[[str, str], Mapping[str, Any] | None],
        scope: Scope,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        """Keep targets.

        Args:
            find_variant: gives what an endpoint hosts as a variant, by both names.
            scope: the account and region.
            lock: the control plane's lock.
            clock: the control plane's clock.
        """
        self._find_variant, self._scope = find_variant, scope
        self._lock, self._clock = lock, clock
        self._targets: dict[Key, dict[str, Any]] = {}
        self._policies: dict[Key, dict[str, dict[str, Any]]] = {}

    def register(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """RegisterScalableTarget; one that is registered takes the members that are given."""
        _check_namespace(request)
        key = _key(request)
        with self._lock:
            target = dict(self._targets.get(key) or self._new_target(key))
            for member in ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState"):
                if member in request:
                    target[member] = deepcopy(request[member])
            if "MinCapacity" not in target or "MaxCapacity" not in target:
                raise invalid(
                    "Minimum and maximum capacity must be specified when registering a scalable"
                    " target"
                )
            if target["MinCapacity"] > target["MaxCapacity"]:
                raise invalid("Maximum capacity cannot be less than minimum capacity")
            self._targets[key] = target
            return {"ScalableTargetARN": target["ScalableTargetARN"]}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeScalableTargets, all on one page."""
        with self._lock:
            rows = [
                deepcopy(target) for target in self._targets.values() if _wanted(target, request)
            ]
        return {"ScalableTargets": rows}

    def deregister(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeregisterScalableTarget; the target's policies go with it."""
        key = _key(request)
        with self._lock:
            self._find(key, "found")
            del self._targets[key]
            self._policies.pop(key, None)
        return {}

    def put_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """PutScalingPolicy."""
        key = _key(request)
        with self._lock:
            self._find(key, "registered")
            policies = self._policies.setdefault(key, {})
            name = request["PolicyName"]
            former = policies.get(name, {})
            policies[name] = {
                "PolicyARN": self._policy_arn(key[0], name),
                "CreationTime": self._clock(),
                "Alarms": [],
                **former,
                **deepcopy(dict(request)),
            }
            return {"PolicyARN": policies[name]["PolicyARN"], "Alarms": []}

    def describe_policies(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeScalingPolicies, all on one page."""
        names = request.get("PolicyNames")
        with self._lock:
            rows = [
                deepcopy(policy)
                for policies in self._policies.values()
                for policy in policies.values()
                if _wanted(policy, request) and (not names or policy["PolicyName"] in names)
            ]
        return {"ScalingPolicies": rows}

    def delete_policy(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteScalingPolicy."""
        key = _key(request)
        with self._lock:
            if self._policies.get(key, {}).pop(request["PolicyName"], None) is None:
                raise _not_found("No scaling policy found for", key)
        return {}

    def is_registered(self, endpoint: str, variant: str) -> bool:
        """Whether the number of a variant's instances is a scalable target."""
        return (_resource(endpoint, variant), INSTANCES) in self._targets

    def forget(self, endpoint: str) -> None:
        """Deregister every variant of an endpoint that is deleted.

        DeleteEndpoint does so "without notifying you" (docs.aws.amazon.com/sagemaker/latest/dg/
        endpoint-delete-with-scaling.html).
        """
        with self._lock:
            for key in [one for one in self._targets if one[0].startswith(f"endpoint/{endpoint}/")]:
                del self._targets[key]
                self._policies.pop(key, None)

    def snapshot(self) -> dict[str, list[dict[str, Any]]]:
        """Every target and policy, for the state file."""
        with self._lock:
            policies = [one for policies in self._policies.values() for one in policies.values()]
            return deepcopy({"targets": list(self._targets.values()), "policies": policies})

    def restore(self, saved: Mapping[str, list[dict[str, Any]]]) -> None:
        """Take over what `snapshot` gave."""
        with self._lock:
            self._targets = {_key(target): target for target in saved.get("targets", ())}
            self._policies = {}
            for policy in saved.get("policies", ()):
                self._policies.setdefault(_key(policy), {})[policy["PolicyName"]] = policy

    def _new_target(self, key: Key) -> dict[str, Any]:
        resource, dimension = key
        parts = resource.split("/")
        variant = (
            self._find_variant(parts[1], parts[3])
            if len(parts) == 4 and (parts[0], parts[2]) == ("endpoint", "variant")
            else None
        )
        if variant is None:
            raise invalid(f"SageMaker variant doesn't exist: {resource}")
        # "… not supported for … T2" (dg/endpoint-auto-scaling-prerequisites.html), nor does a
        # serverless variant have instances.
        kind = variant.get("InstanceType")
        if dimension == INSTANCES and (kind is None or kind.startswith("ml.t")):
            raise invalid(f"The variant {resource} cannot be scaled: it runs on {kind or 'none'}.")
        account, region = self._scope.account, self._scope.region
        return {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": dimension,
            "CreationTime": self._clock(),
            "RoleARN": (
                f"arn:{self._scope.partition}:iam::{account}:role/aws-service-role/"
                "sagemaker.application-autoscaling.amazonaws.com/"
                "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
            ),
            "ScalableTargetARN": (
                f"arn:{self._scope.partition}:application-autoscaling:{region}:{account}"
                f":scalable-target/{uuid.uuid4().hex}"
            ),
        }

    def _policy_arn(self, resource: str, name: str) -> str:
        return (
            f"arn:{self._scope.partition}:autoscaling:{self._scope.region}:{self._scope.account}"
            f":scalingPolicy:{uuid.uuid4()}:resource/{NAMESPACE}/{resource}:policyName/{name}"
        )

    def _find(self, key: Key, verb: str) -> None:
        if key not in self._targets:
            raise _not_found(f"No scalable target {verb} for", key)


def _check_namespace(request: Mapping[str, Any]) -> None:
    if request["ServiceNamespace"] != NAMESPACE:
        raise invalid(
            f"The embedded AWS scales nothing of {request['ServiceNamespace']}: only variants of"
            f" SageMaker endpoints (ServiceNamespace {NAMESPACE})."
        )


def _not_found(what: str, key: Key) -> SageMakerError:
    return SageMakerError(
        "ObjectNotFoundException",
        f"{what} service namespace: {NAMESPACE}, resource ID: {key[0]}, scalable dimension:"
        f" {key[1]}",
    )


def _resource(endpoint: str, variant: str) -> str:
    return f"endpoint/{endpoint}/variant/{variant}"


def _key(request: Mapping[str, Any]) -> Key:
    return request["ResourceId"], request["ScalableDimension"]


def _wanted(row: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    resources = request.get("ResourceIds") or [request.get("ResourceId", row["ResourceId"])]
    return (
        request["ServiceNamespace"] == NAMESPACE
        and row["ResourceId"] in resources
        and row["ScalableDimension"] == request.get("ScalableDimension", row["ScalableDimension"])
    )
