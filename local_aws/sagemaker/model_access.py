"""How hosting gets at a model: with the model's execution role."""

from collections.abc import Callable
from pathlib import Path

from local_aws.sagemaker.endpoint import Variant
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.roles import PRINCIPAL, ExecutionRole


def fetch_model(variant: Variant, target: Path, roles: Callable[[str], ExecutionRole]) -> None:
    """Pull a variant's image, use its volume's key and download its model, as its execution role.

    Raises:
        SageMakerError: the role cannot be assumed, or may not do it; in SageMaker's words.
    """
    assert variant.model_data_url is not None  # noqa: S101 - for the type checker
    if variant.role_arn is None:
        raise _no_access(variant, "the model has no ExecutionRoleArn")
    role = roles(variant.role_arn)
    try:
        role.pull(variant.image or "")
    except SageMakerError as error:
        raise SageMakerError(
            "ClientError",
            f'The role "{variant.role_arn}" does not have BatchGetImage permission for the image:'
            f' "{variant.image}" ({error.message}).',
        ) from error
    if variant.kms_key is not None:
        try:
            role.use_key(variant.kms_key)
        except SageMakerError as error:
            message = f"Cannot use the KMS key. ({error.message})"
            raise SageMakerError("ClientError", message) from error
    try:
        role.objects.download(variant.model_data_url, target)
    except SageMakerError as error:
        raise _no_access(variant, error.message) from error


def _no_access(variant: Variant, reason: str) -> SageMakerError:
    return SageMakerError(
        "ClientError",
        f"Could not access model data at {variant.model_data_url}. Please ensure that the role"
        f' "{variant.role_arn}" exists and that its trust relationship policy allows the action'
        f' "sts:AssumeRole" for the service principal "{PRINCIPAL}". Also ensure that the role has'
        f' "s3:GetObject" permissions and that the object exists ({reason}).',
    )
