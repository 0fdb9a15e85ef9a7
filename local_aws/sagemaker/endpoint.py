"""An endpoint, and the production variants behind it."""

from collections.abc import Iterable, Mapping
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
    kms_key: str | None
    """What encrypts its instances' volumes, if that is not AWS's key."""
    environment: Mapping[str, str]
    weight: float
    instances: int
    """How many instances it has; 0 on serverless."""
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
    pending: dict[str, Any] | None = None
    """The PendingDeploymentSummary of the deployment that is under way."""
    attempt: int = 0
    """The number of its latest deployment, so that a late report of another is ignored."""


def hosted_variant(
    variant: Mapping[str, Any], model: Definition, config: Mapping[str, Any]
) -> Variant:
    """What a config's production variant and its model ask to host."""
    containers = model.request.get("Containers") or [model.request.get("PrimaryContainer", {})]
    default = _SERVERLESS_STARTUP_S if variant.get("ServerlessConfig") else _INSTANCE_STARTUP_S
    return Variant(
        name=variant["VariantName"],
        model_name=model.name,
        model_data_url=containers[0].get("ModelDataUrl"),
        image=containers[0].get("Image"),
        role_arn=model.request.get("ExecutionRoleArn"),
        kms_key=config.get("KmsKeyId"),
        environment=containers[0].get("Environment", {}),
        weight=variant.get("InitialVariantWeight", 1.0),
        instances=0 if variant.get("ServerlessConfig") else variant.get("InitialInstanceCount", 1),
        startup_timeout_s=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", default),
    )


def with_retained(
    variants: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """A config's variants with the weights and instances that an endpoint has meanwhile.

    Args:
        variants: as the config has them.
        rows: those of DescribeEndpoint.
    """
    retained = {row["VariantName"]: row for row in rows}
    kept = []
    for variant in variants:
        row = retained.get(variant["VariantName"], {})
        members = {
            "InitialInstanceCount": row.get("DesiredInstanceCount"),
            "InitialVariantWeight": row.get("DesiredWeight"),
        }
        kept.append(
            dict(variant) | {key: value for key, value in members.items() if value is not None}
        )
    return kept


def variant_summary(variant: Mapping[str, Any]) -> dict[str, Any]:
    """A variant's row in DescribeEndpoint.

    Args:
        variant: as its config has it, or as an update retains it.
    """
    weight = variant.get("InitialVariantWeight", 1.0)
    row = {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
    }
    if serverless := variant.get("ServerlessConfig"):
        return row | {"CurrentServerlessConfig": dict(serverless), "CurrentInstanceCount": 0}
    count = variant.get("InitialInstanceCount", 1)
    return row | {"CurrentInstanceCount": count, "DesiredInstanceCount": count}
