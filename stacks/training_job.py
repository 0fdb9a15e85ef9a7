"""Stack `{tier}-TrainingJob`: the data bucket, and what runs training jobs on it."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import custom_resources as cr
from constructs import Construct

from lambdas.training_job.event_age import POLL_LIMIT_SECONDS
from stacks.data_bucket import bucket_statements, data_bucket
from stacks.encryption_key import EncryptionKey, key_statements
from stacks.evaluation import Evaluation
from stacks.lambda_bundle import lambda_architecture, lambda_code, lambda_runtime
from stacks.lambda_target import LambdaTarget
from stacks.log_group import tier_log_group
from stacks.network import VpcEndpoints
from stacks.sagemaker_arns import sagemaker_arns
from stacks.sagemaker_roles import HostingRole, TrainingRole
from stacks.settings.training import POLLING_TIMEOUT_SECONDS
from stacks.tiers import Tier
from tier_layout.bucket import MODELS_PREFIX
from tier_layout.names import SETTINGS_OUTPUT, TUNING_INFIX

CHOICE_TIMEOUT = cdk.Duration.minutes(10)
"""Less than the 15 minutes of the framework's own functions, which wait for ours."""
POLL_TIMEOUT = cdk.Duration.seconds(POLL_LIMIT_SECONDS)
QUERY_INTERVAL = cdk.Duration.seconds(5)
"""One DescribeTrainingJob each: far below the quota, and a laptop's job takes seconds."""


class TrainingJobStack(cdk.Stack):
    """The data bucket, the SageMaker execution role and the custom resources' providers.

    Deployed first and alone: the training data must be in the bucket before the stack
    that trains on it can be created.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier) -> None:
        super().__init__(scope, id, description=f"Data bucket and training jobs of {tier.name}")
        key = (
            EncryptionKey(self, "EncryptionKey", tier=tier)
            if tier.settings.data.customer_key
            else None
        )
        self.bucket: s3.IBucket = data_bucket(self, settings=tier.settings.data, key=key)
        self.execution_role = TrainingRole(self, "ExecutionRole", tier=tier, bucket=self.bucket)
        self.hosting_role = HostingRole(self, "HostingRole", tier=tier, bucket=self.bucket)
        if tier.settings.network.endpoints:
            VpcEndpoints(self, "VpcEndpoints", settings=tier.settings.network)
        self.service_token: str = self._provider(tier).service_token
        self.evaluation = Evaluation(self, "Evaluation", tier=tier, bucket=self.bucket)

        cdk.CfnOutput(
            self,
            "DataBucketName",
            value=self.bucket.bucket_name,
            description="Where training data is uploaded and models are kept",
        )
        cdk.CfnOutput(
            self,
            SETTINGS_OUTPUT,
            value=tier.settings_name,
            description="Whose settings this tier has: what -c settings= says at a deployment",
        )

    def _provider(self, tier: Tier) -> cr.Provider:
        target = LambdaTarget.from_context(self.node)
        code = lambda_code("training_job", target=target, packages=["lambdas/custom_resource"])

        def function(
            name: str,
            handler: str,
            what: str,
            *statements: iam.PolicyStatement,
            timeout: cdk.Duration,
            environment: Mapping[str, str] | None = None,
        ) -> lambda_.Function:
            function = lambda_.Function(
                self,
                name,
                description=what,
                code=code,
                handler=f"lambdas.training_job.handler.{handler}",
                runtime=lambda_runtime(target),
                architecture=lambda_architecture(target),
                memory_size=256,
                timeout=timeout,
                environment=environment,
                log_group=tier_log_group(self, f"{name}Logs", tier.settings),
            )
            for statement in (
                *statements,
                *bucket_statements(self.bucket, read=["*"], written=[]),
                *key_statements(self, tier, writes=False),
            ):
                function.add_to_role_policy(statement)
            return function

        choose = function(
            "ChooseTrainingJob",
            "on_event",
            "Finds a training job by its content, or names the one to start",
            *self._job_statements(tier, "Describe"),
            timeout=CHOICE_TIMEOUT,
        )
        poll = function(
            "PollTrainingJob",
            "is_complete",
            "Starts a training job, waits for it, stops what nobody owns, expires old models",
            *self._job_statements(tier, "Create", "Describe", "Stop"),
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.execution_role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
            ),
            *self._old_model_statements(tier),
            timeout=POLL_TIMEOUT,
            environment={
                "DATA_BUCKET": self.bucket.bucket_name,
                "MODEL_PARAMETER": tier.model_parameter_name,
                "OLD_MODEL_DAYS": str(tier.settings.data.old_model_days),
            },
        )
        return cr.Provider(
            self,
            "Provider",
            on_event_handler=choose,
            is_complete_handler=poll,
            query_interval=QUERY_INTERVAL,
            total_timeout=cdk.Duration.seconds(POLLING_TIMEOUT_SECONDS),
            log_group=tier_log_group(self, "ProviderLogs", tier.settings),
        )

    def _old_model_statements(self, tier: Tier) -> list[iam.PolicyStatement]:
        """Allow finding out what has been served, and deleting models; no version of them."""
        return [
            iam.PolicyStatement(
                actions=["ssm:GetParameterHistory"],
                resources=[
                    self.format_arn(
                        service="ssm",
                        resource="parameter",
                        resource_name=tier.model_parameter_name.removeprefix("/"),
                    )
                ],
            ),
            iam.PolicyStatement(
                actions=["s3:DeleteObject"],
                resources=[self.bucket.arn_for_objects(f"{MODELS_PREFIX}/*")],
            ),
        ]

    def _job_statements(self, tier: Tier, *verbs: str) -> list[iam.PolicyStatement]:
        """Allow operations on this tier's training jobs and tuning jobs, by how they are named."""

        def statement(operations: list[str], resource: str, name: str) -> iam.PolicyStatement:
            return iam.PolicyStatement(
                actions=[f"sagemaker:{operation}" for operation in operations],
                resources=sagemaker_arns(self, resource, name),
            )

        tuning = f"{tier.tuning_job_name_prefix}{TUNING_INFIX}*"
        return [
            statement(
                [f"{verb}TrainingJob" for verb in verbs],
                "training-job",
                f"{tier.job_name_prefix}-*",
            ),
            statement(
                [f"{verb}HyperParameterTuningJob" for verb in verbs],
                "hyper-parameter-tuning-job",
                tuning,
            ),
            # The training jobs of a tuning job begin with its name.
            statement(["DescribeTrainingJob"], "training-job", tuning),
        ]
