"""The account and region that a control plane belongs to, and the ARNs in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """One account in one region: the space in which names are unique."""

    account: str = "000000000000"
    region: str = "us-east-1"

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`."""
        for prefix in ("cn", "us-gov"):
            if self.region.startswith(f"{prefix}-"):
                return f"aws-{prefix}"
        return "aws"

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a resource; SageMaker writes its name in lower case there."""
        resource = f"{kind}/{name.lower()}"
        return f"arn:{self.partition}:sagemaker:{self.region}:{self.account}:{resource}"
