"""What holds for every role of a tier, also for those that the CDK's own constructs make."""

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import IConstruct

_ROLE = "AWS::IAM::Role"
_GATEWAY = "apigateway.amazonaws.com"
"""Takes one role for the logs of a whole account. Nothing says that it names the account when it
assumes it, and without the role no stage with access logs can be made; it may only write logs."""
_MANAGED = "AWSLambdaBasicExecutionRole"
_INTERFACE_ACTIONS = (
    "AssignPrivateIpAddresses",
    "CreateNetworkInterface",
    "DeleteNetworkInterface",
    "DescribeNetworkInterfaces",
    "DescribeSubnets",
    "UnassignPrivateIpAddresses",
)
"""What Lambda does in a VPC as the function's role; EC2 takes no resource for most of it."""


@jsii.implements(cdk.IAspect)
class RoleRules:
    """Roles trust AWS's services for this account only, and functions log to their stack's groups.

    The account stands in every trust policy: without it a service could be talked into using the
    role for somebody else, the confused deputy
    (docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).

    In place of the managed AWSLambdaBasicExecutionRole, which may write to any log group of the
    account.
    """

    def __init__(self, *, in_network: bool) -> None:
        """Apply the rules to a tier whose functions stand in a VPC, or do not."""
        self._in_network = in_network

    def visit(self, node: IConstruct) -> None:
        """Apply the rules, where the construct is a role."""
        if not isinstance(node, cdk.CfnResource) or node.cfn_resource_type != _ROLE:
            return
        trusted = node.assume_role_policy_document if isinstance(node, iam.CfnRole) else ""
        if _GATEWAY in str(cdk.Stack.of(node).resolve(trusted)):
            return
        node.add_property_override(
            "AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:SourceAccount",
            cdk.Aws.ACCOUNT_ID,
        )
        if isinstance(node, iam.CfnRole):
            managed = cdk.Stack.of(node).resolve(node.managed_policy_arns) or []
            if _MANAGED in str(managed):
                statements = _statements(cdk.Stack.of(node), in_network=self._in_network)
                node.managed_policy_arns = []
                node.policies = [
                    iam.CfnRole.PolicyProperty(policy_name="Function", policy_document=statements)
                ]
        else:
            # Of a function that the CDK itself deploys, with a role that is written out.
            node.add_property_override("ManagedPolicyArns", [])
            node.add_property_override(
                "Policies",
                [
                    {
                        "PolicyName": "Function",
                        "PolicyDocument": _statements(cdk.Stack.of(node), in_network=False),
                    }
                ],
            )


def _statements(stack: cdk.Stack, *, in_network: bool) -> dict[str, Any]:
    """The policy in place of the managed one."""
    groups = (
        stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"{beginning}{stack.stack_name}-*",
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        # The groups of the stack have names that begin with its own; Lambda makes the other itself.
        for beginning in ("", "/aws/lambda/")
    )
    statements: list[dict[str, Any]] = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": list(groups),
        }
    ]
    if in_network:
        actions = [f"ec2:{action}" for action in _INTERFACE_ACTIONS]
        statements.append({"Effect": "Allow", "Action": actions, "Resource": "*"})
    return {"Version": "2012-10-17", "Statement": statements}
