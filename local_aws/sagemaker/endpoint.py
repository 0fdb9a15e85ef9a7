"""An endpoint, and the production variants behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.sagemaker.models import Definition

# /ping must pass within 4 minutes of the start, on serverless within 3 (facts: DG23).
_INSTANCE_STARTUP_S = 240.0
_SERVERLESS_STARTUP_S = 180.0


@dataclass(frozen=True)
class Variant:
    """One production variant to host: which model, where it is, and its share of the traffic."""

    name: str
    model_name: str
    model_data_url: str | None
    image: str | None
    role_arn: str | None
    environment: Mapping[str, str]
    weight: float
    startup_timeout_s: float
    """How long the model may take to answer /ping."""


@dataclass
class Endpoint:
    """An endpoint: its name stays while the config behind it changes."""

    name: str
    arn: str
    config_name: str
    created: datetime
    modified: datetime
    status: str = "Creating"
    failure_reason: str | None = None
    deployment_config: dict[str, Any] | None = None
    variants: list[dict[str, Any]] = field(default_factory=list)
    hosted: list[dict[str, Any]] = field(default_factory=list)
    """The production variants of the config that serves; empty before the first one does."""
    coming: list[dict[str, Any]] = field(default_factory=list)
    """Those of the config that a deployment is bringing up beside it."""
    attempt: int = 0
    """The number of its latest deployment, so that a late report of another is ignored."""


def hosted_variant(variant: Mapping[str, Any], model: Definition) -> Variant:
    """What a config's production variant and its model ask to host."""
    containers = model.request.get("Containers") or [model.request.get("PrimaryContainer", {})]
    default = _SERVERLESS_STARTUP_S if variant.get("ServerlessConfig") else _INSTANCE_STARTUP_S
    return Variant(
        name=variant["VariantName"],
        model_name=model.name,
        model_data_url=containers[0].get("ModelDataUrl"),
        image=containers[0].get("Image"),
        role_arn=model.request.get("ExecutionRoleArn"),
        environment=containers[0].get("Environment", {}),
        weight=variant.get("InitialVariantWeight", 1.0),
        startup_timeout_s=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", default),
    )


def variant_summary(
    variant: Mapping[str, Any], retained: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A variant's row in DescribeEndpoint.

    Args:
        variant: as its config has it.
        retained: the row before an update that keeps weight and instances; None takes the
            config's.
    """
    retained = retained or {}
    weight = retained.get("DesiredWeight", variant.get("InitialVariantWeight", 1.0))
    row = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if serverless := variant.get("ServerlessConfig"):
        return row | {"CurrentServerlessConfig": dict(serverless), "CurrentInstanceCount": 0}
    count = retained.get("DesiredInstanceCount", variant.get("InitialInstanceCount", 1))
    return row | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
