"""The endpoint operations of the control plane."""

import itertools
import threading
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.endpoint import Endpoint, Variant, hosted_variant, variant_summary
from local_aws.sagemaker.errors import SageMakerError, invalid
from local_aws.sagemaker.hosting_change import check_hosting_change
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.models import Definition, Definitions
from local_aws.sagemaker.quotas import MEMORY, Quotas, usage
from local_aws.sagemaker.scalable_targets import ScalableTargets
from local_aws.sagemaker.scope import Scope
from local_aws.sagemaker.tags import Tags


class Hosting(Protocol):
    """What puts models behind the endpoints that the control plane keeps."""

    def deploy(self, deployment: "Deployment") -> None:
        """Begin to serve these variants and return at once; report to `deployment`.

        Where the endpoint serves already, traffic moves only when the new models
        answer, and stays where it is when they never do.
        """

    def remove(self, endpoint_name: str) -> None:
        """Stop serving an endpoint; one that does not serve is no error."""


class Deployment:
    """One attempt to put a config behind an endpoint, as its host sees it.

    Each report counts once, and only while this is the endpoint's latest attempt.
    """

    def __init__(
        self, endpoints: "Endpoints", endpoint: Endpoint, config: Definition, *, retains: bool
    ) -> None:
        self._endpoints, self._attempt, self._config = endpoints, endpoint.attempt, config
        self._retains = retains
        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.variants: tuple[Variant, ...] = endpoints.variants_of(config)

    def in_service(self) -> None:
        """The new models answer, and have the traffic."""
        self._endpoints.finish(
            self.endpoint_name, self._attempt, self._config, None, retains=self._retains
        )

    def failed(self, reason: str) -> None:
        """The new models never answered; an endpoint that served before still does."""
        self._endpoints.finish(self.endpoint_name, self._attempt, self._config, reason)


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
    ) -> None:
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
            self._check_quotas(config.request["ProductionVariants"], ())
            endpoint = Endpoint(name, arn, config.name, now, now)
            endpoint.deployment_config = deepcopy(request.get("DeploymentConfig"))
            deployment = self._begin(endpoint, "Creating", config)
            self._all[name] = endpoint
            self._tags.register(arn, request.get("Tags", ()))
        self._hosting.deploy(deployment)
        return {"EndpointArn": arn}

    def update(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """UpdateEndpoint: the new config gets the traffic when its models answer."""
        config = self._configs.find(request["EndpointConfigName"])
        variants = config.request["ProductionVariants"]
        retains = bool(request.get("RetainAllVariantProperties"))
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            if endpoint.status not in {"InService", "Failed"}:
                raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            check_hosting_change(
                endpoint=endpoint.name,
                arn=endpoint.arn,
                before=endpoint.hosted,
                after=variants,
                targets=self.targets,
            )
            self._check_quotas(variants, endpoint.hosted)
            deployment = self._begin(endpoint, "Updating", config, retains=retains)
            if not request.get("RetainDeploymentConfig"):
                endpoint.deployment_config = deepcopy(request.get("DeploymentConfig"))
        self._hosting.deploy(deployment)
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
        return endpoint is not None and endpoint.status in {"InService", "Updating"}

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def variants_of(self, config: Definition) -> tuple[Variant, ...]:
        """What a config asks to host.

        Raises:
            SageMakerError: one of its models no longer exists.
        """
        return tuple(
            hosted_variant(variant, self._models.find(variant["ModelName"]))
            for variant in config.request["ProductionVariants"]
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

    def finish(
        self,
        name: str,
        attempt: int,
        config: Definition,
        failure: str | None,
        *,
        retains: bool = False,
    ) -> None:
        """Take the outcome of a deployment, unless a newer one or a delete overtook it."""
        with self._lock:
            endpoint = self._all.get(name)
            if endpoint is None or endpoint.attempt != attempt:
                return
            served_before = endpoint.status == "Updating" and bool(endpoint.variants)
            endpoint.failure_reason, endpoint.modified = failure, self._clock()
            endpoint.attempt, endpoint.coming = 0, []
            if failure is None:
                endpoint.status, endpoint.config_name = "InService", config.name
                endpoint.hosted = deepcopy(config.request["ProductionVariants"])
                former = {row["VariantName"]: row for row in endpoint.variants if retains}
                endpoint.variants = [
                    variant_summary(one, former.get(one["VariantName"])) for one in endpoint.hosted
                ]
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
                endpoint.coming = []
                if endpoint.status == "Creating":
                    endpoint.status = "Failed"
                    endpoint.failure_reason = (
                        "The embedded AWS ended while this endpoint was being created."
                    )
                if endpoint.status == "Failed":
                    continue
                try:
                    config = self._configs.find(endpoint.config_name)
                    deployments.append(
                        self._begin(endpoint, "SystemUpdating", config, retains=True)
                    )
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

    def _begin(
        self, endpoint: Endpoint, status: str, config: Definition, *, retains: bool = False
    ) -> Deployment:
        endpoint.attempt = next(self._attempts)
        deployment = Deployment(self, endpoint, config, retains=retains)
        if status != "SystemUpdating":
            endpoint.coming = deepcopy(config.request["ProductionVariants"])
        endpoint.status, endpoint.modified = status, self._clock()
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
