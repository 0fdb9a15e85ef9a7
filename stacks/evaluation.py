"""What evaluates a trained model before an endpoint serves it."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import custom_resources as cr
from constructs import Construct

from stacks.data_bucket import bucket_statements
from stacks.encryption_key import key_statements
from stacks.lambda_bundle import lambda_architecture, lambda_code, lambda_runtime
from stacks.lambda_target import LambdaTarget
from stacks.log_group import tier_log_group
from stacks.tiers import Tier
from tier_layout.bucket import EVALUATIONS_PREFIX, VOCABULARIES_PREFIX

HANDLER_TIMEOUT = cdk.Duration.minutes(14)
"""Less than the 15 minutes of the framework's own function, which waits for ours."""
SERVICE_TIMEOUT = cdk.Duration.minutes(20)
"""How long CloudFormation waits for an answer. The framework gives one after 15 minutes at the
latest; Lambda may deliver an event a minute late, or once more."""
MEMORY_MIB = 3008
"""The most that a new AWS account has. Holds a model of 2.4 GB (VectorDim 300), and gives 1.7
virtual processors."""
DISK_MIB = 4096
"""For the model's file on its way into memory."""


class Evaluation(Construct):
    """The provider of `Custom::Evaluation`: one function, which reads a model and writes a report.

    Without `is_complete`: the evaluation runs within one call, because a Lambda that waits for
    nothing is simpler than one that is polled, and 14 minutes are enough for millions of rows.
    """

    def __init__(self, scope: Construct, id: str, *, tier: Tier, bucket: s3.IBucket) -> None:
        """Create the provider.

        Args:
            scope: the construct's parent.
            id: its name there.
            tier: whose models are evaluated.
            bucket: the tier's data bucket, with models, evaluation files and reports.
        """
        super().__init__(scope, id)
        target = LambdaTarget.from_context(self.node)
        function = lambda_.Function(
            self,
            "Evaluate",
            description="Measures a trained model on labelled text, and guards the gate",
            code=lambda_code(
                "evaluation",
                target=target,
                packages=("lambdas/custom_resource", "lambdas/confidence", "report_page"),
            ),
            handler="lambdas.evaluation.handler.on_event",
            runtime=lambda_runtime(target),
            architecture=lambda_architecture(target),
            memory_size=MEMORY_MIB,
            ephemeral_storage_size=cdk.Size.mebibytes(DISK_MIB),
            timeout=HANDLER_TIMEOUT,
            log_group=tier_log_group(self, "EvaluateLogs", tier.settings),
        )
        for statement in (
            # Read anywhere in the tier's own bucket: where the training job could.
            *bucket_statements(
                bucket,
                read=["*"],
                written=[f"{EVALUATIONS_PREFIX}/*", f"{VOCABULARIES_PREFIX}/*"],
            ),
            *key_statements(self, tier, writes=True),
        ):
            function.add_to_role_policy(statement)
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=function,
            log_group=tier_log_group(self, "ProviderLogs", tier.settings),
        )
        self.service_token: str = provider.service_token
