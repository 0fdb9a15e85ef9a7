"""What a Model or an EndpointConfig may not be, beyond what the API's shapes say."""

from collections.abc import Mapping
from typing import Any

from local_aws.sagemaker.errors import invalid
from local_aws.sagemaker.models import Definitions


def check_model(request: Mapping[str, Any]) -> None:
    """Refuse a model without a container, or with one that has no image."""
    containers = list(request.get("Containers", ()))
    if request.get("PrimaryContainer"):
        containers.append(request["PrimaryContainer"])
    if not containers:
        raise invalid("You must provide either PrimaryContainer or Containers.")
    if any(not one.get("Image") and not one.get("ModelPackageName") for one in containers):
        raise invalid("Each container must have an Image or a ModelPackageName.")


def check_variants(request: Mapping[str, Any]) -> None:
    """Refuse variants without a way to host them, or with the same name twice."""
    names = [variant["VariantName"] for variant in request["ProductionVariants"]]
    if len(names) != len(set(names)):
        raise invalid(f"Variant names must be unique; the request has {', '.join(names)}.")
    for variant in request["ProductionVariants"]:
        serverless, instances = variant.get("ServerlessConfig"), variant.get("InstanceType")
        if bool(serverless) == bool(instances):
            raise invalid(
                f"Production variant {variant['VariantName']} must have either InstanceType or"
                " ServerlessConfig."
            )
        if serverless and serverless["MemorySizeInMB"] % 1024:
            raise invalid(
                "MemorySizeInMB must be a multiple of 1024 from 1024 to 6144; the request has"
                f" {serverless['MemorySizeInMB']}."
            )
        if (
            serverless
            and serverless.get("ProvisionedConcurrency", 1) > serverless["MaxConcurrency"]
        ):
            raise invalid(
                f"ProvisionedConcurrency ({serverless['ProvisionedConcurrency']}) must be less than"
                f" or equal to MaxConcurrency ({serverless['MaxConcurrency']})."
            )


def check_serverless(request: Mapping[str, Any], models: Definitions) -> None:
    """Refuse a serverless variant with what serverless inference excludes.

    The list is the developer guide's (serverless-endpoints.html, Feature exclusions) as far as
    these requests can ask for it; the message is ours.
    """
    variants = request["ProductionVariants"]
    if not any(variant.get("ServerlessConfig") for variant in variants):
        return
    asked = [models.find(variant["ModelName"]).request for variant in variants]
    excluded = {
        "multiple production variants": len(variants) > 1,
        "data capture": request.get("DataCaptureConfig", {}).get("EnableCapture"),
        "VPC configuration": any(model.get("VpcConfig") for model in asked),
        "network isolation": any(model.get("EnableNetworkIsolation") for model in asked),
        "inference pipelines": any(len(model.get("Containers", ())) > 1 for model in asked),
    }
    for feature, is_asked in excluded.items():
        if is_asked:
            raise invalid(f"Serverless Inference does not support {feature}.")
