"""Log groups that are kept as long as their tier says."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.tiers import Tier, TierSettings

ENDPOINT_LOGS_PREFIX = "/aws/sagemaker/Endpoints/"
_FUNCTION = "AWS::Lambda::Function"


def tier_log_group(scope: Construct, id: str, settings: TierSettings) -> logs.LogGroup:
    """A log group of its own for a function: Lambda's implicit one is kept for ever."""
    return logs.LogGroup(
        scope,
        id,
        retention=retention(settings),
        removal_policy=removal_policy(settings),
    )


def endpoint_log_group(scope: Construct, id: str, tier: Tier) -> logs.LogGroup:
    """The group that SageMaker writes an endpoint's containers' output to.

    SageMaker makes it when it is not there, for ever; so it must be there before the endpoint. Its
    name is SageMaker's: a group that outlived the tier would be in the way of the next one of the
    name, and what it holds is no record of anything. So it goes with the tier in any case.
    """
    return logs.LogGroup(
        scope,
        id,
        log_group_name=f"{ENDPOINT_LOGS_PREFIX}{tier.endpoint_name}",
        retention=retention(tier.settings),
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )


def add_function_logs(stack: cdk.Stack, settings: TierSettings) -> None:
    """Give every function of a stack a log group, those too that the CDK itself deploys.

    Lambda makes the group of a function that has none when it first runs, and keeps it for ever,
    also when the function is gone.
    """
    for node in stack.node.find_all():
        if not isinstance(node, cdk.CfnResource) or node.cfn_resource_type != _FUNCTION:
            continue
        # The CDK's own, which empties a bucket, is written out, and never has a group.
        if isinstance(node, lambda_.CfnFunction) and node.logging_config is not None:
            continue
        # Beside it, so that one knows whose it is.
        beside = node.node.scope if isinstance(node.node.scope, Construct) else stack
        group = tier_log_group(beside, f"{node.node.id}Logs", settings)
        node.add_property_override("LoggingConfig", {"LogGroup": group.log_group_name})


def retention(settings: TierSettings) -> logs.RetentionDays:
    """How long a tier's logs are kept."""
    return logs.RetentionDays[settings.operations.log_retention]


def removal_policy(settings: TierSettings) -> cdk.RemovalPolicy:
    """What becomes of a tier's logs when the tier is destroyed."""
    return cdk.RemovalPolicy.RETAIN if settings.data.retain else cdk.RemovalPolicy.DESTROY
