"""Every stack of a tier."""

from dataclasses import dataclass

import aws_cdk as cdk
from constructs import Construct

from stacks.acknowledged_findings import acknowledge_findings
from stacks.data_preparation import DataPreparationStack
from stacks.encryption_key import EncryptWithKey
from stacks.log_group import add_function_logs
from stacks.machine_learning import MachineLearningInfrastructureStack
from stacks.network import InNetwork
from stacks.operations import OperationsStack
from stacks.role_rules import RoleRules
from stacks.sentiment_analysis import SentimentAnalysisStack
from stacks.tiers import Tier
from stacks.training_job import TrainingJobStack


@dataclass(frozen=True, kw_only=True)
class Composition:
    """The stacks of one tier, in the order in which they are deployed."""

    training: TrainingJobStack
    machine_learning: MachineLearningInfrastructureStack
    sentiment_analysis: SentimentAnalysisStack
    data_preparation: DataPreparationStack
    operations: OperationsStack


def compose_tier(app: Construct, tier: Tier) -> Composition:
    """Declare a tier's stacks in an app.

    Raises:
        BundleError: the packages of a function are not installed, or cannot be.
    """
    training = TrainingJobStack(app, tier.training_job, tier=tier)
    machine_learning = MachineLearningInfrastructureStack(
        app, tier.machine_learning, tier=tier, training=training
    )
    composition = Composition(
        training=training,
        machine_learning=machine_learning,
        sentiment_analysis=SentimentAnalysisStack(
            app, tier.sentiment_analysis, tier=tier, machine_learning=machine_learning
        ),
        data_preparation=DataPreparationStack(
            app, tier.data_preparation, tier=tier, bucket=training.bucket
        ),
        operations=OperationsStack(app, tier.operations, tier=tier),
    )
    network = tier.settings.network
    for stack in vars(composition).values():
        # `python -m deployment destroy` takes it away, once the tier's name has been typed.
        stack.termination_protection = tier.settings.data.retain
        cdk.Tags.of(stack).add("tier", tier.name)
        add_function_logs(stack, tier.settings)
        cdk.Aspects.of(stack).add(RoleRules(in_network=network.vpc_id is not None))
        cdk.Aspects.of(stack).add(InNetwork(network))
        cdk.Aspects.of(stack).add(EncryptWithKey(tier))
    acknowledge_findings(vars(composition).values(), tier)
    return composition
