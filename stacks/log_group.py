"""Log groups that are kept as long as their tier says."""

import aws_cdk as cdk
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.tiers import TierSettings


def tier_log_group(scope: Construct, id: str, settings: TierSettings) -> logs.LogGroup:
    """A log group of its own for a function: Lambda's implicit one is kept for ever."""
    return logs.LogGroup(
        scope,
        id,
        retention=retention(settings),
        removal_policy=removal_policy(settings),
    )


def retention(settings: TierSettings) -> logs.RetentionDays:
    """How long a tier's logs are kept."""
    return logs.RetentionDays[settings.operations.log_retention]


def removal_policy(settings: TierSettings) -> cdk.RemovalPolicy:
    """What becomes of a tier's logs when the tier is destroyed."""
    return cdk.RemovalPolicy.RETAIN if settings.data.retain else cdk.RemovalPolicy.DESTROY
