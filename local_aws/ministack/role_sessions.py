"""Roles that AWS's services have assumed, as sessions that ministack knows."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import request_scope
from ministack.services import iam, sts

from local_aws.sagemaker.errors import SageMakerError, access_denied
from local_aws.sagemaker.roles import Need
from local_aws.sagemaker.scope import Scope

ClientOfRole = Callable[[str, Scope, Mapping[str, str]], Any]
"""Gives a boto3 client for a service, a scope and the variables of a session."""

_SESSION_NAMES = {
    "sagemaker.amazonaws.com": "SageMaker",
    "glue.amazonaws.com": "GlueJobRunnerSession",
}


class RoleSession:
    """A role that a service has assumed: what it does is what the role's policies allow."""

    def __init__(self, role_name: str, principal: str, scope: Scope, client: ClientOfRole) -> None:
        """Register the session; the same role and principal always have the same keys."""
        name = _SESSION_NAMES.get(principal, principal.split(".", maxsplit=1)[0])
        self._scope, self._client = scope, client
        self.arn = f"arn:aws:sts::{scope.account}:assumed-role/{role_name}/{name}"
        digest = hashlib.sha256(self.arn.encode()).hexdigest()
        self._key = f"ASIA{digest[:16].upper()}"
        secret, token = (
            hashlib.sha256(f"{part}:{digest}".encode()).hexdigest() for part in ("secret", "token")
        )
        self.environment = {
            "AWS_ACCESS_KEY_ID": self._key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_SESSION_TOKEN": token,
        }
        sts.register_session(
            self._key,
            {
                "Arn": self.arn,
                "UserId": f"{role_name}:{name}",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )

    def client(self, service: str) -> Any:
        """A boto3 client that acts as the role."""
        return self._client(service, self._scope, self.environment)

    def require(self, need: Need) -> None:
        """Check a permission of something that is not a request of its own.

        Raises:
            SageMakerError: `AccessDeniedException`, in IAM's words.
        """
        with request_scope(self._scope.account, self._scope.region):
            service = need.action.partition(":")[0]
            require_of_key(self._key, need, service=service, region=self._scope.region)


def require_of_key(access_key: str, need: Need, *, service: str, region: str) -> None:
    """Check a permission of whoever has an access key, in the request's account.

    Raises:
        SageMakerError: `AccessDeniedException`, in IAM's words, or why the key is none.
    """
    denied = iam_evaluator.enforce(
        access_key,
        need.action,
        service,
        region,
        resource_arn=need.resource,
        service_context=dict(need.context),
    )
    if isinstance(denied, iam_evaluator.AuthError):
        raise SageMakerError(denied.code, denied.message, status=403)
    if denied is not None:
        explicit = denied.decision == "Deny"
        raise access_denied(need.action, need.resource, denied.principal_arn, explicit=explicit)


class RoleSessions:
    """Assumes roles for AWS's services."""

    def __init__(self, client: ClientOfRole) -> None:
        """Give sessions whose clients are made by `client`."""
        self._client = client

    def __call__(self, role_arn: str, principal: str, scope: Scope) -> RoleSession:
        """Assume a role.

        Raises:
            SageMakerError: `AccessDeniedException`: there is no such role in the account, or its
                trust policy does not let the principal assume it.
        """
        name = role_arn.rsplit("/", 1)[-1]
        role = iam._roles.get_scoped(scope.account, None, name)
        if role is None or role["Arn"] != role_arn or not _trusts(role, principal, scope):
            raise access_denied("sts:AssumeRole", role_arn, principal)
        return RoleSession(name, principal, scope, self._client)


def _trusts(role: Mapping[str, Any], principal: str, scope: Scope) -> bool:
    """Whether a role's trust policy lets a service assume it."""
    asked = iam_evaluator.EvalContext(
        principal_arn=principal,
        principal_type="Service",
        principal_account=scope.account,
        action="sts:AssumeRole",
        resource_arn=role["Arn"],
        region=scope.region,
        service_context={"aws:sourceaccount": scope.account},
    )
    policy = role["AssumeRolePolicyDocument"]
    answer = iam_evaluator.evaluate_resource_policy(policy, asked, service=principal)
    return bool(answer.decision == "Allow")
