"""The role that SageMaker assumes: to train, and to host the model."""

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from tier_layout.bucket import MODELS_PREFIX


class SageMakerExecutionRole(Construct):
    """Reads the data bucket, writes models, and nothing else of the account's.

    In place of the managed AmazonSageMakerFullAccess, which allows far more. The statements
    on logs, metrics and the image are the ones that SageMaker documents for an execution role
    (docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html).
    """

    def __init__(self, scope: Construct, id: str, *, bucket: s3.IBucket) -> None:
        super().__init__(scope, id)
        partition = Stack.of(self).partition
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
            description="Assumed by SageMaker to train and to host the sentiment model",
        )
        statements = [
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                # The whole bucket is the tier's own. Training data may lie anywhere in it: what is
                # found there before a job starts must not be refused to the job.
                resources=[bucket.arn_for_objects("*")],
            ),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(f"{MODELS_PREFIX}/*")],
            ),
            iam.PolicyStatement(
                actions=[
                    "logs:CreateLogGroup",
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                resources=[
                    f"arn:{partition}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:/aws/sagemaker/*"
                ],
            ),
            iam.PolicyStatement(
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],
                conditions={
                    "StringLike": {"cloudwatch:namespace": ["/aws/sagemaker/*", "AWS/SageMaker"]}
                },
            ),
            iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"]),
            iam.PolicyStatement(
                actions=[
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                resources=[f"arn:{partition}:ecr:{Aws.REGION}:*:repository/blazingtext"],
            ),
        ]
        for statement in statements:
            role.add_to_policy(statement)
        self.role: iam.IRole = role
        self.role_arn: str = role.role_arn
