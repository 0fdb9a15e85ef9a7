"""The KMS key of a tier whose data are encrypted with a key of its own."""

import aws_cdk as cdk
import jsii
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct

from stacks.tiers import Tier


class EncryptionKey(Construct):
    """A customer key for bucket, volumes and logs, and the parameter that tells its ARN.

    The other stacks read the parameter, and import nothing: CloudFormation refuses to take away
    what another stack imports, and a tier may go back to AWS's own keys. The key then stays where
    the data stay: what was encrypted with it can be read no other way.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier) -> None:
        """Create the key.

        Args:
            scope: the construct's parent, in the tier's first stack.
            id: its name there.
            tier: whose data it encrypts.
        """
        super().__init__(scope, id)
        stack = cdk.Stack.of(self)
        self.key: kms.IKey = kms.Key(
            self,
            "Key",
            alias=f"alias/{tier.name}-sentiment",
            description=f"Data, volumes and logs of {tier.name}",
            enable_key_rotation=True,
            pending_window=cdk.Duration.days(7),
            removal_policy=(
                cdk.RemovalPolicy.RETAIN if tier.settings.data.retain else cdk.RemovalPolicy.DESTROY
            ),
        )
        # CloudWatch Logs uses the key itself, whoever writes
        # (docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.amazonaws.com")],
                actions=[
                    "kms:Encrypt*",
                    "kms:Decrypt*",
                    "kms:ReEncrypt*",
                    "kms:GenerateDataKey*",
                    "kms:Describe*",
                ],
                resources=["*"],
                conditions={
                    "ArnLike": {
                        "kms:EncryptionContext:aws:logs:arn": stack.format_arn(
                            service="logs",
                            resource="log-group",
                            resource_name="*",
                            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
                        )
                    }
                },
            )
        )
        # What tells of alarms and failures writes to an encrypted topic
        # (docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[
                    iam.ServicePrincipal(f"{service}.amazonaws.com")
                    for service in ("cloudwatch", "events", "budgets")
                ],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        ssm.StringParameter(
            self,
            "Arn",
            parameter_name=tier.key_parameter_name,
            string_value=self.key.key_arn,
            description="The key that the tier's data are encrypted with",
        )


def key_arn(scope: Construct, tier: Tier) -> str | None:
    """The ARN of a tier's own key, in any of its stacks; None where AWS's keys encrypt."""
    if not tier.settings.data.customer_key:
        return None
    stack = cdk.Stack.of(scope)
    own = stack.node.try_find_child("EncryptionKey")
    if isinstance(own, EncryptionKey):
        return own.key.key_arn
    return ssm.StringParameter.value_for_string_parameter(stack, tier.key_parameter_name)


def key_statements(scope: Construct, tier: Tier, *, writes: bool) -> list[iam.PolicyStatement]:
    """What whoever reads (and writes) the data bucket needs of the key; nothing without one."""
    arn = key_arn(scope, tier)
    if arn is None:
        return []
    return [
        iam.PolicyStatement(
            actions=["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])],
            resources=[arn],
            conditions={"StringEquals": {"kms:ViaService": f"s3.{cdk.Aws.REGION}.amazonaws.com"}},
        )
    ]


def volume_statements(scope: Construct, tier: Tier) -> list[iam.PolicyStatement]:
    """What SageMaker needs to encrypt an instance's volume with the key; nothing without one.

    "kms:CreateGrant: required only if VolumeKmsKeyId or KmsKeyId is specified"
    (docs.aws.amazon.com/sagemaker/latest/dg/api-permissions-reference.html).
    """
    arn = key_arn(scope, tier)
    if arn is None:
        return []
    return [
        iam.PolicyStatement(
            actions=["kms:CreateGrant"],
            resources=[arn],
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
        )
    ]


@jsii.implements(cdk.IAspect)
class EncryptWithKey:
    """Encrypts every log group and topic of a stack with the tier's own key."""

    def __init__(self, tier: Tier) -> None:
        """Encrypt with the key of `tier`."""
        self._tier = tier

    def visit(self, node: IConstruct) -> None:
        """Name the key, where there is one and the construct can be encrypted with it."""
        if isinstance(node, logs.CfnLogGroup):
            node.kms_key_id = key_arn(node, self._tier)
        elif isinstance(node, sns.CfnTopic):
            node.kms_master_key_id = key_arn(node, self._tier)
