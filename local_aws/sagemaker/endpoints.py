"""The endpoint operations of the control plane."""

import itertools
import threading
from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Protocol

from local_aws.sagemaker.clock import Clock
from local_aws.sagemaker.endpoint import Endpoint, Variant, hosted_variant, variant_summary
from local_aws.sagemaker.errors import SageMakerError, invalid
from local_aws.sagemaker.listing import select
from local_aws.sagemaker.models import Definition, Definitions
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

    def __init__(self, endpoints: "Endpoints", endpoint: Endpoint, config: Definition) -> None:
        self._endpoints, self._attempt, self._config = endpoints, endpoint.attempt, config
        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.variants: tuple[Variant, ...] = endpoints.variants_of(config)

    def in_service(self) -> None:
        """The new models answer, and have the traffic."""
        self._endpoints.finish(self.endpoint_name, self._attempt, self._config, None)

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
        scope: Scope,
        tags: Tags,
        lock: threading.RLock,
        clock: Clock,
    ) -> None:
        self._hosting, self._models, self._configs = hosting, models, configs
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
        with self._lock:
            endpoint = self._find(request["EndpointName"])
            if endpoint.status not in {"InService", "Failed"}:
                raise invalid(f'Cannot update in-progress endpoint "{endpoint.arn}".')
            deployment = self._begin(endpoint, "Updating", config)
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

    def finish(self, name: str, attempt: int, config: Definition, failure: str | None) -> None:
        """Take the outcome of a deployment, unless a newer one or a delete overtook it."""
        with self._lock:
            endpoint = self._all.get(name)
            if endpoint is None or endpoint.attempt != attempt:
                return
            served_before = endpoint.status == "Updating" and bool(endpoint.variants)
            endpoint.failure_reason, endpoint.modified = failure, self._clock()
            endpoint.attempt = 0
            if failure is None:
                endpoint.status, endpoint.config_name = "InService", config.name
                endpoint.variants = [
                    variant_summary(one) for one in config.request["ProductionVariants"]
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
                if endpoint.status == "Creating":
                    endpoint.status = "Failed"
                    endpoint.failure_reason = (
                        "The embedded AWS ended while this endpoint was being created."
                    )
                if endpoint.status == "Failed":
                    continue
                try:
                    config = self._configs.find(endpoint.config_name)
                    deployments.append(self._begin(endpoint, "SystemUpdating", config))
                except SageMakerError as error:
                    endpoint.status, endpoint.failure_reason = "Failed", error.message
        for deployment in deployments:
            self._hosting.deploy(deployment)

    def _begin(self, endpoint: Endpoint, status: str, config: Definition) -> Deployment:
        endpoint.attempt = next(self._attempts)
        deployment = Deployment(self, endpoint, config)
        endpoint.status, endpoint.modified = status, self._clock()
        endpoint.failure_reason = None
        return deployment

    def _find(self, name: str) -> Endpoint:
        try:
            return self._all[name]
        except KeyError:
            arn = self._scope.arn("endpoint", name)
            raise invalid(f'Could not find endpoint "{arn}".') from None
