"""What holds for every role of a tier, also for those that the CDK's own constructs make."""

from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from constructs import IConstruct

_ROLE = "AWS::IAM::Role"
_MANAGED = "AWSLambdaBasicExecutionRole"
_IN_A_NETWORK = "AWSLambdaVPCAccessExecutionRole"
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

    def visit(self, node: IConstruct) -> None:
        """Apply the rules, where the construct is a role."""
        if not isinstance(node, cdk.CfnResource) or node.cfn_resource_type != _ROLE:
            return
        node.add_property_override(
            "AssumeRolePolicyDocument.Statement.0.Condition.StringEquals.aws:SourceAccount",
            cdk.Aws.ACCOUNT_ID,
        )
        if isinstance(node, iam.CfnRole):
            managed = cdk.Stack.of(node).resolve(node.managed_policy_arns) or []
            statements = _statements(cdk.Stack.of(node), str(managed))
            if statements:
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
                        "PolicyDocument": _statements(cdk.Stack.of(node), _MANAGED),
                    }
                ],
            )


def _statements(stack: cdk.Stack, managed: str) -> dict[str, Any]:
    """The policy in place of the managed ones; empty where there is none to replace."""
    if _MANAGED not in managed and _IN_A_NETWORK not in managed:
        return {}
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
    if _IN_A_NETWORK in managed:
        actions = [f"ec2:{action}" for action in _INTERFACE_ACTIONS]
        statements.append({"Effect": "Allow", "Action": actions, "Resource": "*"})
    return {"Version": "2012-10-17", "Statement": statements}
