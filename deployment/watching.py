"""The tier's stack of dashboard and alarms: when it is deployed, and with which parameters."""

from collections.abc import Sequence
from dataclasses import replace

from deployment.cdk_cli import CdkCli
from deployment.deployed_tier import deployed_stacks
from deployment.stack_parameters import (
    Choice,
    Declared,
    Given,
    ParameterError,
    choose,
    synthesized_parameters,
)
from deployment.tier_stacks import TierStacks
from stacks.tiers import find_tier


def is_watched(cdk: CdkCli) -> bool:
    """Whether a deployment deploys the stack: the tier's settings say so, or it is there.

    One that somebody has deployed by hand is kept in step with what it watches.

    Raises:
        botocore.exceptions.ClientError: CloudFormation refuses to say.
    """
    settings = find_tier(cdk.tier, cdk.settings, own=cdk.context.get("tiers")).settings
    stacks = TierStacks(cdk.tier)
    return settings.operations.watched or stacks.operations in deployed_stacks(stacks)


def stacks_to_deploy(cdk: CdkCli) -> Sequence[str]:
    """The stacks that a deployment deploys, in their order."""
    stacks = TierStacks(cdk.tier)
    return (*stacks.stacks, stacks.operations) if is_watched(cdk) else stacks.stacks


def known_parameters(cdk: CdkCli, given: Given) -> list[Declared]:
    """The parameters that a deployment takes, of the model's stack and of this one.

    Args:
        cdk: after `cdk.synth()`.
        given: what a person asks for.

    Raises:
        ParameterError: one is this stack's, and the stack is not deployed with the tier.
    """
    own = synthesized_parameters(cdk, TierStacks(cdk.tier).operations)
    model = synthesized_parameters(cdk)
    if is_watched(cdk):
        return [*model, *own]
    if mine := sorted({parameter.name for parameter in own} & given.values.keys()):
        operations = TierStacks(cdk.tier).operations
        raise ParameterError(
            f"{' and '.join(mine)} is a parameter of {operations}, which is not deployed with "
            f"{cdk.tier}: its settings say `watched: false` (operations). Say "
            f'{{"{cdk.tier}": {{"operations": {{"watched": true}}}}}} in the context `tiers` of '
            f"cdk.json, or deploy it once: npx cdk deploy -c tier={cdk.tier} {operations}"
        )
    return model


def watching_parameters(cdk: CdkCli, given: Given) -> list[Choice]:
    """What each parameter of the stack will be, and who decided it."""
    operations = TierStacks(cdk.tier).operations
    choices = choose(
        synthesized_parameters(cdk, operations),
        deployed=TierStacks(cdk.tier).kept_parameters(operations),
        given=given,
        data=None,
    )
    return [_said(choice) for choice in choices]


def _said(choice: Choice) -> Choice:
    """An address that nobody has given is not just a default: it is one to think of."""
    if choice.name != "AlarmEmail" or choice.value:
        return choice
    return replace(
        choice, source="nobody is told of alarms until AlarmEmail=ADDRESS names somebody"
    )
