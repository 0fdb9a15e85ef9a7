"""The role that Glue assumes to prepare data."""

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.encryption_key import key_statements
from stacks.tiers import Tier
from tier_layout.bucket import DATASETS_PREFIX, PREPARATIONS_PREFIX, RAW_PREFIX


class DataPreparationRole(Construct):
    """Reads raw reviews and its own code, writes datasets and its log, and nothing else.

    In place of the managed AWSGlueServiceRole, which may do anything with Glue and with buckets
    whose names start with `aws-glue-`. A job without connections needs none of that.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        tier: Tier,
        bucket: s3.IBucket,
        review_buckets: Sequence[str],
        code: Sequence[s3_assets.Asset],
        log_group_prefix: str,
    ) -> None:
        """Create the role.

        Args:
            scope: the construct's parent.
            id: its name there.
            tier: whose data is prepared.
            bucket: the tier's data bucket.
            review_buckets: names of further buckets that hold raw reviews.
            code: what Glue fetches before it starts the job.
            log_group_prefix: what the names of the job's log groups start with.
        """
        super().__init__(scope, id)
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("glue.amazonaws.com"),
            description="Assumed by Glue to prepare training data",
        )
        further = [
            s3.Bucket.from_bucket_name(self, f"Reviews{number}", name)
            for number, name in enumerate(review_buckets)
        ]
        written = [
            bucket.arn_for_objects(f"{prefix}/*")
            for prefix in (DATASETS_PREFIX, PREPARATIONS_PREFIX)
        ]
        statements = [
            iam.PolicyStatement(
                actions=["s3:GetObject"],
                resources=[
                    bucket.arn_for_objects(f"{RAW_PREFIX}/*"),
                    *written,
                    *(reviews.arn_for_objects("*") for reviews in further),
                    *(asset.bucket.arn_for_objects(asset.s3_object_key) for asset in code),
                ],
            ),
            # Without it, S3 answers 403 for a key that does not exist.
            iam.PolicyStatement(
                actions=["s3:ListBucket"],
                resources=[reviews.bucket_arn for reviews in (bucket, *further)],
            ),
            iam.PolicyStatement(actions=["s3:PutObject"], resources=written),
            *key_statements(self, tier, writes=True),
            iam.PolicyStatement(
                actions=["s3:DeleteObject"],
                resources=[bucket.arn_for_objects(f"{PREPARATIONS_PREFIX}/*")],
            ),
            iam.PolicyStatement(
                actions=["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[
                    stack.format_arn(
                        service="logs",
                        resource="log-group",
                        resource_name=f"{log_group_prefix}/*",
                        arn_format=ArnFormat.COLON_RESOURCE_NAME,
                    )
                ],
            ),
        ]
        for statement in statements:
            role.add_to_policy(statement)
        # Otherwise the job's construct allows it the whole bucket of the CDK's assets.
        self.role: iam.IRole = role.without_policy_updates()
