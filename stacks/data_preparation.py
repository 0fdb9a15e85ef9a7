"""Stack `{tier}-DataPreparation`: prepares data of any size, on Spark."""

import aws_cdk as cdk
from aws_cdk import aws_glue as glue
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from stacks.data_preparation_role import DataPreparationRole
from stacks.glue_bundle import SCRIPT, additional_python_modules, build_glue_bundle
from stacks.log_group import removal_policy, retention
from stacks.tiers import Tier

WORKERS = 2
"""The fewest that Glue takes for Spark."""
TIMEOUT = cdk.Duration.minutes(60)
MOST_RUNS = 3
"""At once; each costs its workers' time."""


class DataPreparationStack(cdk.Stack):
    """A Glue job that does what `data_prep prepare` does, and its role and logs.

    Optional, and deployed on demand: a job that does not run costs nothing, but few tiers have
    data for which one machine is too small.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier, bucket: s3.IBucket) -> None:
        """Create the stack.

        Args:
            scope: the app.
            id: the stack's name.
            tier: whose data is prepared. The context key `reviewBuckets` (names, separated by
                commas) says which further buckets the job may read.
            bucket: the tier's data bucket.
        """
        super().__init__(scope, id, description=f"Data preparation of {tier.name} on Glue")
        log_group_prefix = self._log_groups(tier)
        script = s3_assets.Asset(self, "Script", path=str(SCRIPT))
        bundle = build_glue_bundle()
        packages = s3_assets.Asset(
            self,
            "Packages",
            path=str(bundle),
            asset_hash=bundle.stem,
            asset_hash_type=cdk.AssetHashType.CUSTOM,
        )
        execution_role = DataPreparationRole(
            self,
            "ExecutionRole",
            tier=tier,
            bucket=bucket,
            review_buckets=names_in_context(self, "reviewBuckets"),
            code=[script, packages],
            log_group_prefix=log_group_prefix,
        )
        job = glue.PySparkEtlJob(
            self,
            "Job",
            job_name=tier.preparation_job_name,
            description=f"Prepares training data of {tier.name}",
            role=execution_role.role,
            script=glue.Code.from_bucket(script.bucket, script.s3_object_key),
            extra_python_files=[glue.Code.from_bucket(packages.bucket, packages.s3_object_key)],
            glue_version=glue.GlueVersion.V6_0,
            worker_configuration=glue.WorkerConfiguration(
                worker_type=glue.WorkerType.G_1X, number_of_workers=WORKERS
            ),
            max_retries=0,
            timeout=TIMEOUT,
            max_concurrent_runs=MOST_RUNS,
            # Since Glue 5 every job logs while it runs.
            continuous_logging=glue.ContinuousLoggingProps(enabled=False),
            enable_metrics=False,
            enable_observability_metrics=False,
            default_arguments={
                "--additional-python-modules": additional_python_modules(),
                "--bucket": bucket.bucket_name,
                "--custom-logGroup-prefix": log_group_prefix,
            },
        )
        # A run may start as soon as the job exists.
        job.node.add_dependency(execution_role)

        for name, value, meaning in (
            ("DataPreparationJobName", job.job_name, "The Glue job that prepares data"),
            ("DataPreparationLogGroup", f"{log_group_prefix}/output", "What its runs print"),
        ):
            cdk.CfnOutput(self, name, value=value, description=meaning)

    def _log_groups(self, tier: Tier) -> str:
        """The groups that Glue writes to, kept as long as the tier says; returns their prefix.

        Their names hold a part of the stack's id: a group that is retained would otherwise be in
        the way of the next stack of the same name.
        """
        guid = cdk.Fn.select(2, cdk.Fn.split("/", self.stack_id))
        prefix = f"/aws-glue/jobs/{tier.name}/{cdk.Fn.select(0, cdk.Fn.split('-', guid))}"
        for name, kind in (("OutputLogs", "output"), ("ErrorLogs", "error")):
            logs.LogGroup(
                self,
                name,
                log_group_name=f"{prefix}/{kind}",
                retention=retention(tier.settings),
                removal_policy=removal_policy(tier.settings),
            )
        return prefix


def names_in_context(scope: Construct, key: str) -> list[str]:
    """What a context key holds, as names that commas separate."""
    given = scope.node.try_get_context(key) or ""
    return [name.strip() for name in given.split(",") if name.strip()]
