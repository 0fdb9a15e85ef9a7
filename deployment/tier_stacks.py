"""What a tier's stacks say about themselves, read from CloudFormation."""

from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError


@dataclass(frozen=True)
class TierStacks:
    """The three stacks of a tier, wherever the environment's AWS is."""

    tier: str

    @property
    def training_job(self) -> str:
        """The stack of the data bucket."""
        return f"{self.tier}-TrainingJob"

    @property
    def machine_learning(self) -> str:
        """The stack of the training job and the endpoint."""
        return f"{self.tier}-MachineLearningInfrastructure"

    @property
    def sentiment_analysis(self) -> str:
        """The stack of the API."""
        return f"{self.tier}-SentimentAnalysis"

    def outputs(self, stack: str) -> dict[str, str]:
        """The outputs of a stack; empty when there is no such stack.

        Raises:
            botocore.exceptions.ClientError: CloudFormation refuses to say.
        """
        client: Any = boto3.client("cloudformation")
        try:
            description = client.describe_stacks(StackName=stack)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no error code of its own for it.
            if "does not exist" in str(error):
                return {}
            raise
        return {o["OutputKey"]: o["OutputValue"] for o in description.get("Outputs", ())}

    def api_key(self) -> str:
        """The value of the API key that the stack created: a secret."""
        key_id = self.outputs(self.sentiment_analysis)["ApiKeyId"]
        client: Any = boto3.client("apigateway")
        value: str = client.get_api_key(apiKey=key_id, includeValue=True)["value"]
        return value
