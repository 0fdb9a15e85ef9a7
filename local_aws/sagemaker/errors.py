"""The errors that SageMaker answers with, as codes and words."""

from collections.abc import Mapping
from typing import Any


class SageMakerError(Exception):
    """A request that SageMaker refuses.

    Attributes:
        code: the error code that SDKs show, such as `ValidationException`.
        message: the sentence that SDKs show.
        status: the HTTP status; SageMaker answers 400 to nearly everything.
        details: more members of the error's shape, such as `OriginalStatusCode`.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = 400,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status
        self.details = dict(details or {})


def invalid(message: str) -> SageMakerError:
    """A `ValidationException`: the request itself, or what it names, is wrong."""
    return SageMakerError("ValidationException", message)


def in_use(message: str) -> SageMakerError:
    """A `ResourceInUse`: the name is taken, or the resource is busy."""
    return SageMakerError("ResourceInUse", message)


def not_found() -> SageMakerError:
    """SageMaker's answer when a training job, model or config does not exist."""
    return invalid("Requested resource not found.")


def access_denied(
    action: str, resource: str, principal_arn: str, *, explicit: bool = False
) -> SageMakerError:
    """IAM's refusal of an action, by a policy's Deny or because none allows it."""
    reason = (
        "with an explicit deny in an identity-based policy"
        if explicit
        else f"because no identity-based policy allows the {action} action"
    )
    return SageMakerError(
        "AccessDeniedException",
        f"User: {principal_arn} is not authorized to perform: {action} on resource: {resource}"
        f" {reason}",
    )
