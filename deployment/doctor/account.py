"""Whom the credentials belong to, and whether their account and region are ready."""

from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own, for everything below HTTP
    HTTPClientError,
    SSOError,
    TokenRetrievalError,
)

from deployment.doctor.finding import Finding, fine, notice, problem
from lambdas.custom_resource.aws_errors import error_code, http_status
from stacks.blazingtext_regions import blazingtext_image_uris

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
"""Where `cdk bootstrap` writes its version, with the qualifier that the CDK has by default."""
BOOTSTRAP_MINIMUM = 6
"""What the synthesized templates demand (`requiresBootstrapStackVersion` of each stack)."""
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})


class Sts(Protocol):
    """The part of boto3's STS client that is used here."""

    def get_caller_identity(self) -> Mapping[str, Any]: ...  # noqa: D102


class Ssm(Protocol):
    """The part of boto3's SSM client that is used here."""

    def get_parameter(self, *, Name: str) -> Mapping[str, Any]: ...  # noqa: D102, N803


def is_denied(error: ClientError) -> bool:
    """Whether it is the permission that was missing."""
    return error_code(error) in _DENIED or http_status(error) == 403


def credentials(sts: Sts, *, endpoint_url: str | None) -> Finding:
    """Who would deploy, and into which account.

    Args:
        sts: the service.
        endpoint_url: where AWS_ENDPOINT_URL leads requests; None for AWS itself.
    """
    check = "credentials"
    try:
        identity = sts.get_caller_identity()
    except (ConnectionError, HTTPClientError) as error:
        if endpoint_url:
            return problem(
                check,
                f"AWS_ENDPOINT_URL is {endpoint_url}, and nothing answers there",
                "python -m local_aws up --detach   (or, for AWS itself: unset AWS_ENDPOINT_URL)",
            )
        return problem(check, f"AWS is out of reach: {error}", "curl -I https://aws.amazon.com")
    except ClientError as error:
        mend = "aws sso login" if error_code(error) in _EXPIRED else "aws configure list"
        return problem(check, f"AWS does not take them: {error}", mend)
    except (SSOError, TokenRetrievalError) as error:
        return problem(check, str(error), "aws sso login")
    except BotoCoreError as error:
        # Of an environment without credentials, above all.
        return problem(check, str(error), "aws configure sso   (then: export AWS_PROFILE=NAME)")
    where = f", by AWS_ENDPOINT_URL {endpoint_url}" if endpoint_url else ""
    return fine(check, f"{identity['Arn']}, account {identity['Account']}{where}")


def image(region: str) -> Finding:
    """Whether SageMaker has the algorithm's image in the region."""
    uris = blazingtext_image_uris()
    if region not in uris:
        return problem(
            "region",
            f"{region} has no BlazingText image; there is one in {', '.join(sorted(uris))}",
            "export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1",
        )
    return fine("region", f"{region}, image {uris[region]}")


def bootstrap(ssm: Ssm, *, context: str) -> Finding:
    """Whether account and region were prepared for the CDK, recently enough.

    Args:
        ssm: the service.
        context: the `-c …` of the command that would mend it.
    """
    check, mend = "bootstrap", f"npx cdk bootstrap {context}"
    try:
        value = str(ssm.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"])
    except ClientError as error:
        if error_code(error) == "ParameterNotFound":
            return problem(check, "this account and region were never prepared for the CDK", mend)
        refused = "may not be read" if is_denied(error) else "could not be read"
        return notice(check, f"its version {refused} ({error_code(error)})")
    except BotoCoreError as error:
        return notice(check, f"its version could not be read: {error}")
    if not value.isdecimal() or int(value) < BOOTSTRAP_MINIMUM:
        return problem(check, f"version {value}, and {BOOTSTRAP_MINIMUM} is needed", mend)
    return fine(check, f"version {value}")
