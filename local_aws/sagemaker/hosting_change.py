"""What UpdateEndpoint refuses to change about how an endpoint is hosted."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_aws.sagemaker.errors import invalid
from local_aws.sagemaker.scalable_targets import ScalableTargets

Variants = Iterable[Mapping[str, Any]]


def check_hosting_change(
    *, endpoint: str, arn: str, before: Variants, after: Variants, targets: ScalableTargets
) -> None:
    """Refuse a config that SageMaker would not put behind an endpoint that serves another.

    Two rules of the developer guide; it does not print the messages, so these are ours:

    - An endpoint on instances cannot become serverless; the other way round it can, "but once
      you make the update, you cannot roll it back" (serverless-endpoints.html, Feature
      exclusions).
    - A variant that is a scalable target keeps its instance type and stays: it is deregistered
      first (endpoint-scaling-update.html).

    Args:
        endpoint: its name.
        arn: its ARN, for the message.
        before: the production variants that serve.
        after: those of the new config.
        targets: which variants are scaled.

    Raises:
        SageMakerError: `ValidationException`.
    """
    old = {variant["VariantName"]: variant for variant in before}
    new = {variant["VariantName"]: variant for variant in after}
    on_instances = [variant for variant in old.values() if variant.get("InstanceType")]
    serverless = [variant for variant in new.values() if variant.get("ServerlessConfig")]
    if on_instances and serverless:
        raise invalid(
            f'Cannot update endpoint "{arn}": an instance-based, real-time endpoint cannot be'
            " converted to a serverless endpoint."
        )
    for name, variant in old.items():
        kind = variant.get("InstanceType")
        if targets.is_registered(endpoint, name) and (
            name not in new or new[name].get("InstanceType") != kind
        ):
            raise invalid(
                f'Cannot update endpoint "{arn}": variant {name} is registered as a scalable'
                f" target with Application Auto Scaling, and the update would change its instance"
                f" type from {kind} to {_hosting(new.get(name))}. Delete its scaling policies and"
                " deregister it (DeregisterScalableTarget) before you update the endpoint."
            )


def _hosting(variant: Mapping[str, Any] | None) -> str:
    if variant is None:
        return "nothing (the variant is gone)"
    return str(variant.get("InstanceType", "serverless"))
