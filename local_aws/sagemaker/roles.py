"""What SageMaker does for a job or a model, it does as the role that it was given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.object_store import ObjectStore
from local_aws.sagemaker.scope import Scope

PRINCIPAL = "sagemaker.amazonaws.com"
"""Whom a role's trust policy must allow to assume it."""


@dataclass(frozen=True)
class Need:
    """A permission: an action on a resource, with the condition keys that the request has."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)


class AssumedRole(Protocol):
    """A role that a service has assumed."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables with which a process acts as the role."""

    def client(self, service: str) -> Any:
        """A boto3 client that acts as the role."""

    def require(self, need: Need) -> None:
        """Check a permission of something that is not a request of its own.

        Raises:
            SageMakerError: `AccessDeniedException`, in IAM's words.
        """


Assume = Callable[[str, str, Scope], AssumedRole]
"""Assumes a role by ARN, for a service principal, in an account and region.

Raises `SageMakerError` (`AccessDeniedException`) when there is no such role, or when its trust
policy does not let the principal assume it.
"""


class ExecutionRole:
    """The role of one training job or model."""

    def __init__(self, assumed: AssumedRole) -> None:
        """Act as a role that SageMaker has assumed."""
        self._assumed = assumed
        self.objects = ObjectStore(lambda: assumed.client("s3"))
        self.client = assumed.client

    def pull(self, image: str) -> None:
        """Check what a pull of the image from ECR asks for; the image itself is not fetched.

        The actions are those that SageMaker's developer guide lists for execution roles
        (sagemaker-roles, "CreateTrainingJob API: Execution Role Permissions"). An image that is
        not in ECR needs none.

        Raises:
            SageMakerError: `AccessDeniedException` for the first one that is missing.
        """
        registry, _, name = image.partition("/")
        account, *rest = registry.split(".")
        if rest[:2] != ["dkr", "ecr"]:
            return
        repository = name.split("@")[0].split(":")[0]
        partition = "aws-cn" if registry.endswith(".cn") else "aws"
        arn = f"arn:{partition}:ecr:{rest[2]}:{account}:repository/{repository}"
        self._assumed.require(Need("ecr:GetAuthorizationToken"))
        for action in ("BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage"):
            self._assumed.require(Need(f"ecr:{action}", arn))

    def use_key(self, key: str) -> None:
        """Check what an instance's volume that is encrypted with a customer's key asks for.

        "kms:CreateGrant: required only if VolumeKmsKeyId is specified" (developer guide,
        api-permissions-reference); the grant is for an AWS resource.

        Raises:
            SageMakerError: `AccessDeniedException`, in IAM's words.
        """
        context = {"kms:GrantIsForAWSResource": "true"}
        self._assumed.require(Need("kms:CreateGrant", key, context))


class ExecutionRoles:
    """The execution roles of one account and region."""

    def __init__(self, assume: Assume, scope: Scope) -> None:
        """Assume roles with `assume`."""
        self._assume, self._scope = assume, scope

    def __call__(self, role_arn: str) -> ExecutionRole:
        """Assume an execution role.

        Raises:
            SageMakerError: `ValidationException`, in SageMaker's words.
        """
        try:
            return ExecutionRole(self._assume(role_arn, PRINCIPAL, self._scope))
        except SageMakerError as error:
            raise SageMakerError(
                "ValidationException",
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows"
                f" principal '{PRINCIPAL}' to assume the role.",
            ) from error
