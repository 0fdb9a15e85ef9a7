"""The gateway's own log of requests: one line of JSON each, and never a text.

API Gateway writes logs with a role of the account, of which there is one in each region
(`AWS::ApiGateway::Account`). A stack that makes it sets it for every API of the account, and a
second tier sets it again, to a role of its own with the same permissions. So both are kept when a
tier is destroyed: without the role, no other API of the account could write its logs any more. A
tier that is to leave nothing behind has no access logs, or finds a role in the account.
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.log_group import tier_log_group
from stacks.tiers import TierSettings

FIELDS = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "refusal": "$context.error.responseType",
    "apiKeyId": "$context.identity.apiKeyId",
    "caller": "$context.identity.userArn",
    "address": "$context.identity.sourceIp",
    "bytes": "$context.responseLength",
    "latencyMs": "$context.responseLatency",
    "functionMs": "$context.integrationLatency",
}
"""What a line has. Neither the path nor a header or a message: these hold what a caller wrote."""

LOG_ACTIONS = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:PutLogEvents",
    "logs:GetLogEvents",
    "logs:FilterLogEvents",
)
"""What API Gateway asks of the role (docs.aws.amazon.com/apigateway/latest/developerguide/
set-up-logging.html)."""


def access_log_destination(
    scope: Construct, settings: TierSettings
) -> apigateway.IAccessLogDestination:
    """A log group that is kept as long as the tier's others."""
    return apigateway.LogGroupLogDestination(tier_log_group(scope, "AccessLogs", settings))


def access_log_format() -> apigateway.AccessLogFormat:
    """The fields as a line of JSON."""
    return apigateway.AccessLogFormat.custom(json.dumps(FIELDS))


def give_account_a_role(stage: apigateway.Stage) -> None:
    """Set the role with which API Gateway writes logs, before a stage that has one is made.

    What it may do is what the documented policy AmazonAPIGatewayPushToCloudWatchLogs allows, in
    this account and region only.
    """
    stack = cdk.Stack.of(stage)
    groups = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name="*",
        arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
    )
    role = iam.Role(
        stack,
        "GatewayLogRole",
        assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"),
        inline_policies={
            "Logs": iam.PolicyDocument(
                statements=[iam.PolicyStatement(actions=[*LOG_ACTIONS], resources=[groups])]
            )
        },
    )
    account = apigateway.CfnAccount(stack, "GatewayAccount", cloud_watch_role_arn=role.role_arn)
    for kept in (role, account):
        kept.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
    stage.node.add_dependency(account)
