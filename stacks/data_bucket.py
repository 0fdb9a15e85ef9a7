"""The data bucket of a tier: data sets, models, evaluations."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

from stacks.encryption_key import EncryptionKey
from stacks.settings.data import DataSettings
from tier_layout.bucket import CAPTURES_PREFIX, EVALUATIONS_PREFIX, PREPARATIONS_PREFIX, RAW_PREFIX

ACCESS_LOG_DAYS = 90
"""How long it is kept who read and wrote what."""


def data_bucket(
    stack: cdk.Stack, *, settings: DataSettings, key: EncryptionKey | None
) -> s3.Bucket:
    """Create the bucket in a stack, and with it the one that its access is logged to.

    Args:
        stack: the tier's first.
        settings: what becomes of the data.
        key: what encrypts them; None leaves it to S3's own key.
    """
    removal = cdk.RemovalPolicy.RETAIN if settings.retain else cdk.RemovalPolicy.DESTROY
    access_logs = (
        s3.Bucket(
            stack,
            "AccessLogs",
            # S3 delivers access logs to buckets with its own key only
            # (docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html).
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(ACCESS_LOG_DAYS),
                    noncurrent_version_expiration=cdk.Duration.days(1),
                )
            ],
            removal_policy=removal,
            auto_delete_objects=not settings.retain,
        )
        if settings.access_logs
        else None
    )
    return s3.Bucket(
        stack,
        "DataBucket",
        encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
        encryption_key=key.key if key else None,
        bucket_key_enabled=True if key else None,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        versioned=True,
        server_access_logs_bucket=access_logs,
        lifecycle_rules=[
            s3.LifecycleRule(
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                noncurrent_version_expiration=cdk.Duration.days(30),
            ),
            # Outcomes that have been read, and what runs of the Glue job that were ended
            # before their time have left.
            s3.LifecycleRule(prefix=f"{PREPARATIONS_PREFIX}/", expiration=cdk.Duration.days(7)),
            # They hold reviews as people wrote them.
            *(
                s3.LifecycleRule(
                    prefix=f"{prefix}/", expiration=cdk.Duration.days(settings.review_text_days)
                )
                for prefix in (RAW_PREFIX, EVALUATIONS_PREFIX, CAPTURES_PREFIX)
            ),
        ],
        removal_policy=removal,
        auto_delete_objects=not settings.retain,
    )


def bucket_statements(
    bucket: s3.IBucket, *, read: list[str], written: list[str]
) -> list[iam.PolicyStatement]:
    """Allow reading and writing what lies where in the bucket.

    Args:
        bucket: the tier's data bucket.
        read: key patterns.
        written: key patterns.
    """
    statements = [
        iam.PolicyStatement(
            actions=["s3:GetObject"], resources=[bucket.arn_for_objects(one) for one in read]
        ),
        # Without it, S3 answers 403 for a key that does not exist.
        iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn]),
    ]
    if written:
        statements.append(
            iam.PolicyStatement(
                actions=["s3:PutObject"],
                resources=[bucket.arn_for_objects(one) for one in written],
            )
        )
    return statements
