"""The endpoint operations of the control plane."""

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.deployment import Deployment, Hosting
from local_aws.sagemaker.deployment_config import AlarmStates, check_deployment_config
from local_aws.sagemaker.endpoint import (
    Endpoint,
    Variant,
    hosted_variant,
    variant_summary,
    with_retained,
)
from local_aws.sagemaker.errors import SageMakerError, invalid
from local_aws.sagemaker.hosting_change import check_hosting_change
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.models import Definition, Definitions
from local_aws.sagemaker.quotas import MEMORY, Quotas, usage
from local_aws.sagemaker.rollout import Rollout, Step, planned
from local_aws.sagemaker.scalable_targets import ScalableTargets
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags


class Endpoints:
    """Every endpoint of one account and region."""

    def __init__(
        self,
        *,
        hosting: Hosting,
        models: Definitions,
        configs: Definitions,
        quotas: Quotas,
        scope: Scope,
        tags: Tags,
        lock: threading.RLock,
        clock: Clock,
        alarm_states: AlarmStates,
    ) -> None:
        self._alarm_states = alarm_states
        self._hosting, self._models, self._configs = hosting, models, configs
        self._quotas = quotas
        self.targets = ScalableTargets(
            find_variant=self.find_variant, scope=scope, lock=lock, clock=clock
        )
        self._scope, self._tags, self._lock, self._clock = scope, tags, lock, clock
        self._all: dict[str, Endpoint] = {}
        self._attempts = itertools.count(1)

    def create(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateEndpoint.

        "The name is case-insensitive in CreateEndpoint, but the case is preserved and must be
        matched in InvokeEndpoint" (API reference), and ARNs are in lower case.
        """
        name, now = request["EndpointName"], self._clock()
        arn = self._scope.arn("endpoint", name)
        config = self._configs.find(request["EndpointConfigName"])
        with self._lock:
            if any(one.arn == arn for one in self._all.values()):
                raise invalid(f'Cannot create already existing endpoint "{arn}".')
            variants = config.request["ProductionVariants"]
            check_deployment_config(
                request.get("DeploymentConfig"),
                before=(),
                after=variants,
                states=self._alarm_states,
            )
            self._check_quotas(variants, ())
            endpoint = Endpoint(name, arn, config.name, now, now)
            endpoint.deployment_config = deepcopy(request.get("DeploymentConfig"))
            deployment = self._begin(endpoint, "Creating", config, variants)
            self._all[name] = endpoint
            self._tags.register(arn, request.get("Tags", ()))
        self._hosting.deploy(deployment)
        return {"EndpointArn": arn}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateEndpoint: the new config gets the traffic when its models answer."""
        config = self._configs.find(request["EndpointConfigName"])
        variants = config.request["ProductionVariants"]
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            self._check_settled(endpoint)
            check_hosting_change(
                endpoint=endpoint.name,
                arn=endpoint.arn,
                before=endpoint.hosted,
                after=variants,
                targets=self.targets,
            )
            if request.get("RetainAllVariantProperties"):
                variants = with_retained(variants, endpoint.variants)
            guardrails = request.get("DeploymentConfig")
            if request.get("RetainDeploymentConfig"):
                guardrails = endpoint.deployment_config
            check_deployment_config(
                guardrails, before=endpoint.hosted, after=variants, states=self._alarm_states
            )
            self._check_quotas(variants, endpoint.hosted)
            endpoint.deployment_config = deepcopy(guardrails)
            instances = min(one.get("InitialInstanceCount", 1) for one in variants)
            deployment = self._begin(
                endpoint, "Updating", config, variants, planned(guardrails, instances)
            )
        self._hosting.deploy(deployment)
        return {"EndpointArn": endpoint.arn}

    def update_weights_and_capacities(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateEndpointWeightsAndCapacities; instances are there at once."""
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            self._check_settled(endpoint)
            rows = {row["VariantName"]: dict(row) for row in endpoint.variants}
            for wanted in request["DesiredWeightsAndCapacities"]:
                row = rows.get(wanted["VariantName"])
                if row is None:
                    raise invalid(
                        f"Variant {wanted['VariantName']} of endpoint {endpoint.name} not found."
                    )
                for of in ("Weight", "InstanceCount"):
                    if (value := wanted.get(f"Desired{of}")) is not None:
                        row[f"Desired{of}"] = row[f"Current{of}"] = value
            self._check_growth(endpoint, rows)
            endpoint.variants, endpoint.modified = list(rows.values()), self._clock()
        weights = {name: row["CurrentWeight"] for name, row in rows.items()}
        self._hosting.weigh(endpoint.name, weights)
        return {"EndpointArn": endpoint.arn}

    def delete(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DeleteEndpoint; also one that is Creating, Updating or Failed."""
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            del self._all[endpoint.name]
            self._tags.forget(endpoint.arn)
            self.targets.forget(endpoint.name)
        self._hosting.remove(endpoint.name)
        return {}

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """DescribeEndpoint."""
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            described = {
                "EndpointName": endpoint.name,
                "EndpointArn": endpoint.arn,
                "EndpointConfigName": endpoint.config_name,
                "ProductionVariants": endpoint.variants or None,
                "EndpointStatus": endpoint.status,
                "FailureReason": endpoint.failure_reason,
                "CreationTime": endpoint.created,
                "LastModifiedTime": endpoint.modified,
                "LastDeploymentConfig": endpoint.deployment_config,
                "PendingDeploymentSummary": endpoint.pending,
            }
            return deepcopy({key: value for key, value in described.items() if value is not None})

    def list_all(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """ListEndpoints."""
        with self._lock:
            rows = [
                {
                    "EndpointName": one.name,
                    "EndpointArn": one.arn,
                    "CreationTime": one.created,
                    "LastModifiedTime": one.modified,
                    "EndpointStatus": one.status,
                }
                for one in self._all.values()
            ]
        page, token = select(rows, request, name="EndpointName", status="EndpointStatus")
        return {"Endpoints": page} | ({"NextToken": token} if token else {})

    def serves(self, name: str) -> bool:
        """Whether InvokeEndpoint may use this endpoint now."""
        endpoint = self._all.get(name)
        return endpoint is not None and endpoint.status in {"InService", "Updating", "RollingBack"}

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def hosted_variants(
        self, config: Definition, variants: Iterable[Mapping[str, Any]]
    ) -> tuple[Variant, ...]:
        """What a config's production variants ask to host.

        Raises:
            SageMakerError: one of their models no longer exists.
        """
        return tuple(
            hosted_variant(variant, self._models.find(variant["ModelName"]), config.request)
            for variant in variants
        )

    def find_variant(self, endpoint_name: str, variant_name: str) -> Mapping[str, Any] | None:
        """What an endpoint hosts as a variant, as its config has it, or None."""
        endpoint = self._all.get(endpoint_name)
        for variant in endpoint.hosted if endpoint else ():
            if variant["VariantName"] == variant_name:
                return variant
        return None

    def serverless_config(self, name: str) -> Mapping[str, Any] | None:
        """The ServerlessConfig of an endpoint; None when it serves on instances, or not at all."""
        endpoint = self._all.get(name)
        hosted = endpoint.hosted if endpoint else None
        # Serverless inference has one variant.
        return hosted[0].get("ServerlessConfig") if hosted else None

    def alarm_states(self, names: Iterable[str]) -> dict[str, str]:
        """The states of those of CloudWatch's alarms that exist."""
        return self._alarm_states(names)

    def shifted(self, name: str, attempt: int, step: Step) -> None:
        """Say in DescribeEndpoint how far the latest deployment is."""
        with self._lock:
            endpoint = self._all.get(name)
            if endpoint is None or endpoint.attempt != attempt or endpoint.pending is None:
                return
            status = {"Status": "Baking" if step.baking_s else "ActivatingTraffic"}
            for row in endpoint.pending["ProductionVariants"]:
                row["CurrentWeight"] = step.share * row["DesiredWeight"]
                row["VariantStatus"] = [status | {"StartTime": self._clock()}]

    def rolling_back(self, name: str, attempt: int, reason: str) -> None:
        """Say that the latest deployment goes back to what served before, and why."""
        with self._lock:
            endpoint = self._all.get(name)
            if endpoint is not None and endpoint.attempt == attempt:
                endpoint.status, endpoint.modified = "RollingBack", self._clock()
                endpoint.failure_reason = reason

    def finish(
        self,
        name: str,
        attempt: int,
        config: Definition,
        failure: str | None,
        *,
        variants: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Take the outcome of a deployment, unless a newer one or a delete overtook it.

        Args:
            name: the endpoint's name.
            attempt: the deployment's number.
            config: what it was to serve.
            failure: why it does not; None when it does.
            variants: the config's, with the weights and instances that they have.
        """
        with self._lock:
            endpoint = self._all.get(name)
            if endpoint is None or endpoint.attempt != attempt:
                return
            served_before = endpoint.status in {"Updating", "RollingBack"} and endpoint.variants
            endpoint.failure_reason, endpoint.modified = failure, self._clock()
            endpoint.attempt, endpoint.coming, endpoint.pending = 0, [], None
            if failure is None:
                endpoint.status, endpoint.config_name = "InService", config.name
                endpoint.hosted = deepcopy(config.request["ProductionVariants"])
                endpoint.variants = [variant_summary(one) for one in variants]
            else:
                endpoint.status = "InService" if served_before else "Failed"

    def snapshot(self) -> list[Endpoint]:
        """Every endpoint, for the state file."""
        with self._lock:
            return deepcopy(list(self._all.values()))

    def restore(self, endpoints: list[Endpoint]) -> None:
        """Take over saved endpoints, and serve again those that served.

        One that was being updated serves what it served before.
        """
        deployments = []
        with self._lock:
            self._all = {endpoint.name: endpoint for endpoint in endpoints}
            for endpoint in endpoints:
                endpoint.coming, endpoint.pending = [], None
                if endpoint.status == "Creating":
                    endpoint.status = "Failed"
                    endpoint.failure_reason = (
                        "The embedded AWS ended while this endpoint was being created."
                    )
                if endpoint.status == "Failed":
                    continue
                try:
                    config = self._configs.find(endpoint.config_name)
                    variants = with_retained(
                        config.request["ProductionVariants"], endpoint.variants
                    )
                    deployments.append(self._begin(endpoint, "SystemUpdating", config, variants))
                except SageMakerError as error:
                    endpoint.status, endpoint.failure_reason = "Failed", error.message
        for deployment in deployments:
            self._hosting.deploy(deployment)

    def _check_quotas(
        self, variants: Sequence[Mapping[str, Any]], replaced: Sequence[Mapping[str, Any]]
    ) -> None:
        """Refuse a deployment that the account has no room for.

        The fleet that an update replaces counts until the new one has its traffic. What is
        serverless is no fleet: only its concurrency is allocated, and it changes hands.
        """
        used: dict[str, int] = {}
        for endpoint in self._all.values():
            for name, count in usage(_with_counts(endpoint)).items():
                used[name] = used.get(name, 0) + count
        freed = usage(one for one in replaced if one.get("ServerlessConfig"))
        for variant in variants:
            if serverless := variant.get("ServerlessConfig"):
                self._quotas.check(MEMORY, used=0, more=serverless["MemorySizeInMB"])
        for name, count in usage(variants).items():
            self._quotas.check(name, used=used.get(name, 0) - freed.get(name, 0), more=count)

    def _check_growth(self, endpoint: Endpoint, rows: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse more instances than the account has room for."""
        more = []
        for variant in _with_counts(endpoint):
            row = rows[variant["VariantName"]]
            if grown := row.get("DesiredInstanceCount", 0) - variant.get("InitialInstanceCount", 0):
                more.append(variant | {"InitialInstanceCount": max(0, grown)})
        self._check_quotas(more, ())

    def _check_settled(self, endpoint: Endpoint) -> None:
        if endpoint.status not in {"InService", "Failed"}:
            raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')

    def _begin(
        self,
        endpoint: Endpoint,
        status: str,
        config: Definition,
        variants: Sequence[Mapping[str, Any]],
        rollout: Rollout | None = None,
    ) -> Deployment:
        endpoint.attempt = next(self._attempts)
        deployment = Deployment(self, endpoint, config, variants, rollout or Rollout())
        endpoint.status, endpoint.modified = status, self._clock()
        if status != "SystemUpdating":
            endpoint.coming = [deepcopy(dict(one)) for one in variants]
        if status == "Updating":
            endpoint.pending = {
                "EndpointConfigName": config.name,
                "ProductionVariants": [
                    variant_summary(one)
                    | {"CurrentWeight": 0.0, "VariantStatus": [{"Status": "Creating"}]}
                    for one in variants
                ],
                "StartTime": endpoint.modified,
            }
        endpoint.failure_reason = None
        return deployment

    def _find(self, name: str) -> Endpoint:
        try:
            return self._all[name]
        except KeyError:
            arn = self._scope.arn("endpoint", name)
            raise invalid(f'Could not find endpoint "{arn}".') from None


def _with_counts(endpoint: Endpoint) -> Iterator[dict[str, Any]]:
    """The variants that an endpoint occupies instances for, with how many each of them has."""
    rows = {row["VariantName"]: row for row in endpoint.variants}
    for variant in endpoint.hosted:
        count = rows.get(variant["VariantName"], {}).get("DesiredInstanceCount")
        yield variant | ({"InitialInstanceCount": count} if count else {})
    yield from endpoint.coming
