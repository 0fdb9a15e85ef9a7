"""What a deployment would replace or delete, as `cdk diff` tells it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from deployment.cdk_cli import CdkCli
from deployment.deployed_tier import deployed_stacks, retained
from deployment.tier_stacks import TierStacks

BY_DESIGN: Final = frozenset(
    {"AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig", "AWS::ApiGateway::Deployment"}
)
"""Replaced by every retraining, or every change of the API: CloudFormation makes the new one before
it deletes the old one, and nobody knows them by name."""

_STACK = re.compile(r"Stack (\S+) \(.*\)")
_RESOURCE = re.compile(
    r"\[.\] (?P<type>\w+::[\w:-]+) (?P<name>.+?) (?P<impact>replace|may be replaced|destroy)"
)
_WORDS: Final = {"replace": "replaced", "may be replaced": "may be replaced", "destroy": "deleted"}


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A resource that would not be there any more, or not for long."""

    stack: str
    what: str
    """Its type, and its name in the template or in AWS."""
    fate: str
    by_design: bool = False

    def __str__(self) -> str:
        return f"{self.fate}: {self.what} (stack {self.stack})"


def losses(cdk: CdkCli, difference: Iterable[str]) -> list[Loss]:
    """What is lost by deploying the synthesized templates.

    Args:
        cdk: after `cdk.synth()`.
        difference: lines that `cdk.diff()` has returned.
    """
    return [*_replaced_or_deleted(difference), *_no_longer_retained(cdk)]


def _replaced_or_deleted(difference: Iterable[str]) -> Iterator[Loss]:
    stack = ""
    for line in difference:
        if found := _STACK.fullmatch(line):
            stack = found[1]
        elif found := _RESOURCE.fullmatch(line):
            # The construct's path, and after a blank its logical ID.
            name = found["name"].rpartition(" ")[0] or found["name"]
            yield Loss(
                stack=stack,
                what=f"{found['type']} {name}",
                fate=_WORDS[found["impact"]],
                by_design=found["type"] in BY_DESIGN,
            )


def _no_longer_retained(cdk: CdkCli) -> Iterator[Loss]:
    """What would be deleted with the tier from then on, and is not now."""
    for stack in deployed_stacks(TierStacks(cdk.tier)):
        resources = cdk.template(stack)["Resources"]
        for resource in retained(stack):
            new = resources.get(resource.logical_id)
            if new is not None and new.get("DeletionPolicy") != "Retain":
                yield Loss(
                    stack=stack,
                    what=f"{resource.type} {resource.physical_id}",
                    fate="retained no longer, but deleted with the tier",
                )
