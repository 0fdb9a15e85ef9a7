"""The CDK app: reads the tier and composes its stacks.

    npx cdk deploy -c tier=Sandbox Sandbox-TrainingJob

It calls no AWS service and needs no credentials, so `cdk synth` runs anywhere.
"""

import sys

import aws_cdk as cdk

from stacks.data_preparation import DataPreparationStack
from stacks.lambda_bundle import BundleError
from stacks.lambda_target import LambdaTarget, LambdaTargetError
from stacks.machine_learning import MachineLearningInfrastructureStack
from stacks.sentiment_analysis import SentimentAnalysisStack
from stacks.tiers import TierError, tier_from_context
from stacks.training_job import TrainingJobStack

app = cdk.App()
try:
    tier = tier_from_context(app.node)
    notice = LambdaTarget.from_context(app.node).notice
    if notice:
        print(notice, file=sys.stderr)
    training = TrainingJobStack(app, tier.training_job, tier=tier)
    machine_learning = MachineLearningInfrastructureStack(
        app, tier.machine_learning, tier=tier, training=training
    )
    SentimentAnalysisStack(
        app, tier.sentiment_analysis, tier=tier, machine_learning=machine_learning
    )
    DataPreparationStack(app, tier.data_preparation, tier=tier, bucket=training.bucket)
except (TierError, LambdaTargetError, BundleError) as error:
    sys.exit(f"\n{error}\n")
app.synth()
