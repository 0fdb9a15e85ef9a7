"""A tier in a VPC of its own."""

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from stacks.settings.network import NetworkSettings

_SERVICES = (
    "sagemaker.api",
    "sagemaker.runtime",
    "ssm",
    "logs",
    "monitoring",
    "lambda",
    "states",
    "kms",
    "ecr.api",
    "ecr.dkr",
    "sts",
)
"""What the tier's functions, jobs and instances call, besides S3."""
_SAGEMAKER_ACTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)
"""What SageMaker does in a VPC as its execution role
(docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html)."""


class VpcEndpoints(Construct):
    """Ways from private subnets to the AWS services that a tier calls.

    CloudFormation itself is answered through S3: a custom resource's answer is an object.
    """

    def __init__(self, scope: Construct, id: str, *, settings: NetworkSettings) -> None:
        """Create one endpoint a service, and the gateway endpoint of S3.

        Args:
            scope: the construct's parent, in the tier's first stack.
            id: its name there.
            settings: the VPC.
        """
        super().__init__(scope, id)
        region = cdk.Stack.of(self).region
        assert settings.vpc_id is not None  # noqa: S101 - for the type checker
        ec2.CfnVPCEndpoint(
            self,
            "S3",
            vpc_id=settings.vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=list(settings.route_table_ids),
        )
        for service in _SERVICES:
            ec2.CfnVPCEndpoint(
                self,
                service.title().replace(".", ""),
                vpc_id=settings.vpc_id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=list(settings.subnet_ids),
                security_group_ids=list(settings.security_group_ids),
            )


def interface_statements(settings: NetworkSettings) -> list[iam.PolicyStatement]:
    """What an execution role of SageMaker needs to work in the VPC; nothing without one."""
    if settings.vpc_id is None:
        return []
    return [iam.PolicyStatement(actions=list(_SAGEMAKER_ACTIONS), resources=["*"])]


@jsii.implements(cdk.IAspect)
class InNetwork:
    """Puts every function of a stack into the tier's VPC, also those of the CDK's constructs."""

    def __init__(self, settings: NetworkSettings) -> None:
        """Put them into the VPC of `settings`."""
        self._settings = settings

    def visit(self, node: IConstruct) -> None:
        """Name subnets and groups, where there are some and the construct is a function."""
        if self._settings.vpc_id is not None and isinstance(node, lambda_.CfnFunction):
            node.vpc_config = lambda_.CfnFunction.VpcConfigProperty(
                subnet_ids=list(self._settings.subnet_ids),
                security_group_ids=list(self._settings.security_group_ids),
            )
