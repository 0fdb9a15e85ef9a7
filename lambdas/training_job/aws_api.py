"""The AWS calls the custom resource makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import error_code


class SageMaker(Protocol):
    """The part of boto3's SageMaker client that is used here."""

    def create_training_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def describe_training_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def stop_training_job(self, **request: Any) -> object: ...  # noqa: D102
    def create_hyper_parameter_tuning_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def describe_hyper_parameter_tuning_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def stop_hyper_parameter_tuning_job(self, **request: Any) -> object: ...  # noqa: D102


class S3(Protocol):
    """The part of boto3's S3 client that is used here."""

    def head_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def get_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def list_objects_v2(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def delete_objects(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


class SSM(Protocol):
    """The part of boto3's Systems Manager client that is used here."""

    def get_parameter_history(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The services; boto3 clients satisfy the protocols as they are."""

    sagemaker: SageMaker
    s3: S3
    ssm: SSM


def is_unknown_job(error: ClientError) -> bool:
    """Whether SageMaker says that there is no such job.

    The API model names `ResourceNotFound`; the service also answers
    `ValidationException` with "Requested resource not found."
    """
    message = str(error.response.get("Error", {}).get("Message", ""))
    return error_code(error) == "ResourceNotFound" or (
        error_code(error) == "ValidationException" and "not found" in message.lower()
    )
