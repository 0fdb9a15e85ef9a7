"""The AWS calls of `status`, none of which changes anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import boto3
from botocore.exceptions import ClientError

from lambdas.custom_resource.aws_errors import CLIENT_CONFIG


class CloudFormation(Protocol):
    """The part of boto3's CloudFormation client that is used here."""

    def describe_stacks(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def get_template(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


class SageMaker(Protocol):
    """The part of boto3's SageMaker client that is used here."""

    def describe_training_job(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def list_training_jobs(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def describe_endpoint(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102
    def describe_endpoint_config(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


class S3(Protocol):
    """The part of boto3's S3 client that is used here."""

    def get_object(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The three services; boto3 clients satisfy the protocols as they are."""

    region: str
    cloudformation: CloudFormation
    sagemaker: SageMaker
    s3: S3

    @classmethod
    def connect(cls) -> Self:
        """The AWS that the environment points at.

        Raises:
            botocore.exceptions.BotoCoreError: the environment names no region.
        """
        cloudformation: Any = boto3.client("cloudformation", config=CLIENT_CONFIG)
        sagemaker: Any = boto3.client("sagemaker", config=CLIENT_CONFIG)
        s3: Any = boto3.client("s3", config=CLIENT_CONFIG)
        return cls(
            region=cloudformation.meta.region_name,
            cloudformation=cloudformation,
            sagemaker=sagemaker,
            s3=s3,
        )


def is_absent(error: ClientError) -> bool:
    """Whether CloudFormation or SageMaker says that what was asked for does not exist.

    Neither has a code of its own for it: both answer that the request is not valid.
    """
    said = error.response.get("Error", {})
    code, message = str(said.get("Code", "")), str(said.get("Message", "")).lower()
    return code == "ResourceNotFound" or (
        code in {"ValidationError", "ValidationException"}
        and any(words in message for words in ("does not exist", "could not find", "not found"))
    )
