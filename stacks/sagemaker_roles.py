"""The roles that SageMaker assumes: one to train, one to host the model."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from stacks.data_bucket import bucket_statements
from stacks.encryption_key import key_statements, volume_statements
from stacks.log_group import ENDPOINT_LOGS_PREFIX
from stacks.network import interface_statements
from stacks.tiers import Tier
from tier_layout.bucket import CAPTURES_PREFIX, MODELS_PREFIX

TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
"""One log group for the training jobs of a whole account and region, whoever starts them."""
TRAINING_METRICS = "/aws/sagemaker/TrainingJobs"


class TrainingRole(Construct):
    """Reads the data bucket, writes models, and nothing else of the account's.

    In place of the managed AmazonSageMakerFullAccess, which allows far more. The statements
    on logs, metrics and the image are the ones that SageMaker documents for an execution role
    (docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html).
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier, bucket: s3.IBucket) -> None:
        """Create the role.

        Args:
            scope: the construct's parent.
            id: its name there.
            tier: whose models are trained.
            bucket: the tier's data bucket.
        """
        super().__init__(scope, id)
        self.role: iam.IRole = _role(
            self,
            "Assumed by SageMaker to train the sentiment model",
            # The whole bucket is the tier's own. Training data may lie anywhere in it: what is
            # found there before a job starts must not be refused to the job.
            *bucket_statements(bucket, read=["*"], written=[f"{MODELS_PREFIX}/*"]),
            *key_statements(self, tier, writes=True),
            *volume_statements(self, tier),
            *interface_statements(tier.settings.network),
            *_log_statements(Stack.of(self), TRAINING_LOGS),
            _metrics(TRAINING_METRICS, "AWS/SageMaker"),
            *_image_statements(Stack.of(self)),
        )
        self.role_arn: str = self.role.role_arn


class HostingRole(Construct):
    """Reads models, writes what is captured where that is on, and nothing else of the account's."""

    def __init__(self, scope: Construct, id: str, *, tier: Tier, bucket: s3.IBucket) -> None:
        """Create the role.

        Args:
            scope: the construct's parent.
            id: its name there.
            tier: whose endpoint it is.
            bucket: the tier's data bucket.
        """
        super().__init__(scope, id)
        captures = tier.settings.hosting.data_capture_percent > 0
        written = [f"{CAPTURES_PREFIX}/*"] if captures else []
        self.role: iam.IRole = _role(
            self,
            "Assumed by SageMaker to host the sentiment model",
            *bucket_statements(bucket, read=[f"{MODELS_PREFIX}/*"], written=written),
            *key_statements(self, tier, writes=captures),
            *volume_statements(self, tier),
            *interface_statements(tier.settings.network),
            *_log_statements(Stack.of(self), f"{ENDPOINT_LOGS_PREFIX}{tier.endpoint_name}"),
            _metrics("AWS/SageMaker"),
            *_image_statements(Stack.of(self)),
        )
        self.role_arn: str = self.role.role_arn


def _role(scope: Construct, description: str, *statements: iam.PolicyStatement) -> iam.Role:
    role = iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        description=description,
    )
    for statement in statements:
        role.add_to_policy(statement)
    return role


def _log_statements(stack: Stack, group: str) -> Sequence[iam.PolicyStatement]:
    arn = stack.format_arn(
        service="logs",
        resource="log-group",
        resource_name=group,
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
    return [
        iam.PolicyStatement(
            actions=[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            resources=[arn, f"{arn}:*"],
        )
    ]


def _metrics(*namespaces: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": list(namespaces)}},
    )


def _image_statements(stack: Stack) -> Sequence[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
        iam.PolicyStatement(
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:GetDownloadUrlForLayer",
            ],
            # The account is AWS's, another one in each region.
            resources=[f"arn:{stack.partition}:ecr:{stack.region}:*:repository/blazingtext"],
        ),
    ]
