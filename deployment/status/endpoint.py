"""A tier's endpoint, and what it costs while nobody calls it."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from deployment.cost.price_table import instance_price
from deployment.status.aws_reads import Aws, is_absent
from deployment.status.fields import EndpointStatus, IdleCost, VariantStatus


def find_endpoint(aws: Aws, name: str) -> EndpointStatus | None:
    """The endpoint of that name; None when there is none."""
    try:
        endpoint = aws.sagemaker.describe_endpoint(EndpointName=name)
    except ClientError as error:
        if is_absent(error):
            return None
        raise
    return EndpointStatus(
        name=name,
        status=endpoint["EndpointStatus"],
        failure_reason=endpoint.get("FailureReason"),
        variants=_variants(aws, endpoint),
    )


def idle_cost(endpoint: EndpointStatus | None) -> IdleCost:
    """The instances that there are now, and nothing for serverless inference.

    Autoscaling has gone back to the fewest instances by the time a tier is idle.
    """
    costs = [_hourly(variant) for variant in (endpoint.variants if endpoint else ())]
    known = [cost for cost in costs if cost is not None]
    return IdleCost(usd_per_hour=round(sum(known), 4) if len(known) == len(costs) else None)


def _hourly(variant: VariantStatus) -> float | None:
    if variant.serverless_memory_mb is not None:
        # What is kept warm is paid for, and its price is not in the table.
        return None if variant.provisioned_concurrency else 0.0
    if variant.instances == 0:
        return 0.0
    price = instance_price(variant.instance_type) if variant.instance_type else None
    return None if price is None or variant.instances is None else price * variant.instances


def _variants(aws: Aws, endpoint: Mapping[str, Any]) -> list[VariantStatus]:
    """What serves (an endpoint says it) and on what (only its config says it).

    An endpoint that is being created, or could not be, has a config alone.
    """
    running = {v["VariantName"]: v for v in endpoint.get("ProductionVariants", ())}
    wanted = _config_variants(aws, endpoint["EndpointConfigName"])
    creating = endpoint["EndpointStatus"] == "Creating"
    return [
        _variant(name, wanted.get(name, {}), running.get(name), creating=creating)
        for name in (running or wanted)
    ]


def _config_variants(aws: Aws, config: str) -> dict[str, Mapping[str, Any]]:
    try:
        found = aws.sagemaker.describe_endpoint_config(EndpointConfigName=config)
    except ClientError as error:
        if is_absent(error):
            return {}
        raise
    return {variant["VariantName"]: variant for variant in found["ProductionVariants"]}


def _variant(
    name: str, wanted: Mapping[str, Any], running: Mapping[str, Any] | None, *, creating: bool
) -> VariantStatus:
    now = running or {}
    serverless = now.get("CurrentServerlessConfig") or wanted.get("ServerlessConfig")
    instances = now.get("CurrentInstanceCount")
    if instances is None and creating:
        instances = wanted.get("InitialInstanceCount")
    return VariantStatus(
        name=name,
        instance_type=None if serverless else wanted.get("InstanceType"),
        instances=None if serverless else instances,
        serverless_memory_mb=serverless["MemorySizeInMB"] if serverless else None,
        serverless_concurrency=serverless["MaxConcurrency"] if serverless else None,
        provisioned_concurrency=serverless.get("ProvisionedConcurrency") if serverless else None,
    )
