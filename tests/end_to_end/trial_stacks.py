"""Stacks that ask a deployed tier's functions for one model, and for nothing else.

As the tier's own stack does, with the same resources of the same template: but one that has failed
needs no rollback, which would wait until no event can start its job any more.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.end_to_end.conftest import DeployedTier
from tier_layout.names import TierNames

JOB = ("Custom::TrainingJob",)
EVALUATED_JOB = (*JOB, "Custom::Evaluation")

PATIENCE_SECONDS = 120.0
_SECTIONS = ("Parameters", "Mappings", "Conditions")
_BOOTSTRAP = "BootstrapVersion"
"""What the CDK checks of the account, not of the model."""


@dataclass(frozen=True)
class Outcome:
    """What came of something that a tier was asked to do."""

    done: bool
    where: str
    """Where a person looks who misses the result."""
    said: str
    """What stands there."""


def wait_for(condition: Callable[[], object]) -> None:
    """Wait for something to become true.

    Raises:
        TimeoutError: it has not within two minutes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.2)


class TrialStack:
    """A stack with some of the resources of the tier's model."""

    def __init__(
        self, tier: DeployedTier, name: str, kinds: tuple[str, ...], parameters: Mapping[str, str]
    ) -> None:
        """Begin to create it.

        Args:
            tier: whose functions are asked.
            name: of the tier.
            kinds: the types of the resources; nothing else may depend on others.
            parameters: those that differ from the deployed model's.
        """
        self._tier, self._cloudformation = tier, tier.aws.client("cloudformation")
        model = TierNames(name).machine_learning
        body = self._cloudformation.get_template(StackName=model)["TemplateBody"]
        template: dict[str, Any] = json.loads(body) if isinstance(body, str) else dict(body)
        resources = {k: r for k, r in template["Resources"].items() if r["Type"] in kinds}
        kept = {section: template[section] for section in _SECTIONS if section in template}
        kept["Parameters"].pop(_BOOTSTRAP, None)
        self._parameters = tier.parameters(model) | dict(parameters)
        for parameter, declared in template["Parameters"].items():
            # CloudFormation reads it from SSM itself.
            if declared["Type"].startswith("AWS::SSM::"):
                self._parameters.pop(parameter, None)
        self._began = time.time()
        self.identity: str = self._cloudformation.create_stack(
            StackName=f"{name}-Trial{time.time_ns()}",
            TemplateBody=json.dumps(kept | {"Resources": resources}),
            OnFailure="DO_NOTHING",
            Parameters=self._given(),
        )["StackId"]

    def created(self) -> Outcome:
        """Wait for the end of the creation."""
        return self._ended("CREATE_COMPLETE")

    def updated(self, **parameters: str) -> Outcome:
        """Update it, and stop where that fails."""
        self._parameters |= parameters
        self._began = time.time()
        self._cloudformation.update_stack(
            StackName=self.identity,
            UsePreviousTemplate=True,
            DisableRollback=True,
            Parameters=self._given(),
        )
        return self._ended("UPDATE_COMPLETE")

    def begin_deletion(self) -> None:
        """Delete it, even while it is being created."""
        self._began = time.time()
        self._cloudformation.delete_stack(StackName=self.identity)

    def deleted(self) -> Outcome:
        """Wait for the end of the deletion."""
        return self._ended("DELETE_COMPLETE")

    def _given(self) -> list[dict[str, str]]:
        return [
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in self._parameters.items()
        ]

    def _status(self) -> str:
        return str(self._tier.stack(self.identity)["StackStatus"])

    def _ended(self, wanted: str) -> Outcome:
        # Before it is deleted, a stack that was being created is CREATE_FAILED for a moment.
        operation = wanted.removesuffix("COMPLETE")
        wait_for(lambda: self._status() in {f"{operation}COMPLETE", f"{operation}FAILED"})
        pages = self._cloudformation.get_paginator("describe_stack_events").paginate(
            StackName=self.identity
        )
        reasons = [
            event.get("ResourceStatusReason", "")
            for page in pages
            for event in page["StackEvents"]
            if event["ResourceStatus"].endswith("_FAILED")
            # Of this operation; the clock of events has whole seconds.
            and event["Timestamp"].timestamp() >= self._began - 1
        ]
        return Outcome(self._status() == wanted, "stack event", "\n".join(reasons))
