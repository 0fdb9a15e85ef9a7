"""What a tier's stacks say about themselves, read from CloudFormation."""

import time
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from tier_layout.names import TierNames

POLL_SECONDS = 2.0


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
