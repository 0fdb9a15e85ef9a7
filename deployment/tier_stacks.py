"""What a tier's stacks say about themselves, read from CloudFormation."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tier_layout.names import TierNames

POLL_SECONDS = 2.0
_NEVER_CREATED = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")


def outputs_of(described: Mapping[str, Any]) -> dict[str, str]:
    """The outputs in a stack's description."""
    return {o["OutputKey"]: o["OutputValue"] for o in described.get("Outputs", ())}


def parameters_of(described: Mapping[str, Any]) -> dict[str, str]:
    """The parameters in a stack's description."""
    return {p["ParameterKey"]: p["ParameterValue"] for p in described.get("Parameters", ())}


class TierStacks(TierNames):
    """The stacks of a tier, wherever the environment's AWS is."""

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack; empty when there is no such stack.

        Raises:
            botocore.exceptions.ClientError: CloudFormation refuses to say.
        """
        return outputs_of(self._describe(stack))

    def parameters(self, stack: str) -> dict[str, str]:
        """The parameters of a stack, defaults included; empty when there is no such stack.

        While a stack is being updated they are those of the update.

        Raises:
            botocore.exceptions.ClientError: CloudFormation refuses to say.
        """
        return parameters_of(self._describe(stack))

    def kept_parameters(self, stack: str) -> dict[str, str]:
        """The parameters that an update would keep; empty for a stack that is yet to be created.

        A stack whose creation has failed is one of these: the CDK CLI creates it anew.

        Raises:
            botocore.exceptions.ClientError: CloudFormation refuses to say.
        """
        described = self._describe(stack)
        if str(described.get("StackStatus", "")) in _NEVER_CREATED:
            return {}
        return parameters_of(described)

    def status(self, stack: str) -> str:
        """CloudFormation's word for a stack's state; empty when there is no such stack."""
        return str(self._describe(stack).get("StackStatus", ""))

    def data_bucket(self) -> str:
        """The name of the bucket of training data."""
        return self.outputs(self.training_job)["DataBucketName"]

    def is_changing(self, stack: str) -> bool:
        """Whether CloudFormation is at work on a stack, or cleaning up after it."""
        status = self.status(stack)
        # A change set that was never executed: no stack yet, and the CDK CLI makes it anew.
        return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"

    def settle(self, stack: str) -> None:
        """Wait until CloudFormation has finished with a stack, which it always does by itself."""
        while self.is_changing(stack):
            time.sleep(POLL_SECONDS)

    def unprotect(self, stack: str) -> None:
        """Take away a stack's termination protection, if it has one."""
        if self._describe(stack).get("EnableTerminationProtection"):
            client: Any = boto3.client("cloudformation")
            client.update_termination_protection(StackName=stack, EnableTerminationProtection=False)

    def _describe(self, stack: str) -> dict[str, Any]:
        client: Any = boto3.client("cloudformation")
        try:
            description: dict[str, Any] = client.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no error code of its own for it.
            if "does not exist" in str(error):
                return {}
            raise
        return description

    def api_key(self) -> str:
        """The value of the API key that the stack created: a secret."""
        key_id = self.outputs(self.sentiment_analysis)["ApiKeyId"]
        client: Any = boto3.client("apigateway")
        value: str = client.get_api_key(apiKey=key_id, includeValue=True)["value"]
        return value


def check_spelling(stacks: TierStacks) -> None:
    """Make sure that no other tier's name differs from this one's in capitals alone.

    CloudFormation tells the two apart, SageMaker does not: CreateEndpoint takes names without
    regard to case, and would refuse the second tier's after its model was trained
    (docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html).

    Raises:
        ValueError: there is such a tier.
    """
    client: Any = boto3.client("cloudformation")
    pages = client.get_paginator("describe_stacks").paginate()
    wanted = {stack.lower(): stack for stack in stacks.stacks}
    for page in pages:
        for described in page["Stacks"]:
            name = described["StackName"]
            other = wanted.get(name.lower(), name)
            if other != name:
                tier = name[: len(stacks.name)]
                raise ValueError(
                    f"There is a tier {tier} in this account and region (stack {name}), and "
                    f"SageMaker does not tell the endpoints of {tier} and {stacks.name} apart. "
                    f"Say TIER={tier}, or another name."
                )
