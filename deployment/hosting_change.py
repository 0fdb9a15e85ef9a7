"""A tier whose settings ask for another kind of hosting than its endpoint has.

SageMaker refuses two such changes of an endpoint that keeps its name. One it refuses for good;
for the other, autoscaling has to be off meanwhile, which CloudFormation cannot order within one
update: it takes away last what a template no longer has.
"""

import json
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import WaiterError

from deployment.cdk_cli import CdkCli
from deployment.errors import CdkError
from deployment.progress import step
from deployment.tier_stacks import TierStacks
from tier_layout.names import TierNames

_CONFIG = "AWS::SageMaker::EndpointConfig"
_AUTOSCALING = "AWS::ApplicationAutoScaling::"
# CloudFormation needs seconds for it.
_WAITING = {"Delay": 2, "MaxAttempts": 300}


def check_hosting_change(cdk: CdkCli) -> None:
    """Refuse to make an endpoint on instances serverless, before anything is changed.

    "You can convert a serverless endpoint to real-time, but once you make the update, you cannot
    roll it back to serverless"
    (docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html).

    Args:
        cdk: the CLI, after `cdk.synth()`.

    Raises:
        ValueError: the settings ask for it; says what can be done instead.
    """
    now = _instance_type(_deployed(TierStacks(cdk.tier)))
    if now is None or _instance_type(_synthesized(cdk)) is not None:
        return
    raise ValueError(
        f"The endpoint of {cdk.tier} serves on instances ({now}), these settings ask for a "
        "serverless one, and SageMaker does not turn the one into the other "
        "(docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html). Nothing was "
        f"changed: {cdk.tier} serves as before.\n"
        "Keep the instances (make: SETTINGS=Production), or bring its model into a serverless tier "
        f"of another name, which trains nothing:\n"
        f"  make promote FROM={cdk.tier} TO=ANOTHER SETTINGS=Sandbox\n"
        f"and, when its clients have moved: make destroy TIER={cdk.tier}"
    )


def prepare_hosting_change(cdk: CdkCli) -> None:
    """Take a variant out of autoscaling where its instance type is about to change.

    SageMaker refuses to change the instance type of a variant that is a scalable target
    (docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html). The stack is updated
    to what it is without autoscaling; the deployment that follows brings it back.

    Args:
        cdk: the CLI, after `cdk.synth()`.

    Raises:
        CdkError: CloudFormation could not take it off.
    """
    stacks = TierStacks(cdk.tier)
    template = _deployed(stacks)
    now = _instance_type(template)
    kept = {
        name: resource
        for name, resource in template.get("Resources", {}).items()
        if not resource["Type"].startswith(_AUTOSCALING)
    }
    if now is None or len(kept) == len(template["Resources"]):
        return
    wanted = _instance_type(_synthesized(cdk))
    if now == wanted:
        return
    client: Any = boto3.client("cloudformation")
    with step(f"Switch autoscaling off while {now} becomes {wanted}"):
        parameters = [
            {"ParameterKey": name, "UsePreviousValue": True}
            for name in template.get("Parameters", {})
        ]
        client.update_stack(
            StackName=stacks.machine_learning,
            TemplateBody=json.dumps({**template, "Resources": kept}, separators=(",", ":")),
            Parameters=parameters,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        )
        try:
            client.get_waiter("stack_update_complete").wait(
                StackName=stacks.machine_learning, WaiterConfig=_WAITING
            )
        except WaiterError as error:
            raise CdkError(
                f"Autoscaling of {stacks.endpoint_name} could not be switched off, so that its "
                f"instance type stays {now}: see the events of {stacks.machine_learning} ({error})."
            ) from error


def _deployed(stacks: TierStacks) -> dict[str, Any]:
    """The template of the model's stack as it is deployed; empty when it never was."""
    # A stack whose creation has failed has no outputs.
    if not stacks.outputs(stacks.machine_learning):
        return {}
    client: Any = boto3.client("cloudformation")
    template: dict[str, Any] = client.get_template(StackName=stacks.machine_learning)[
        "TemplateBody"
    ]
    return template


def _synthesized(cdk: CdkCli) -> dict[str, Any]:
    """The same as `cdk.synth()` has written it."""
    file = cdk.output / f"{TierNames(cdk.tier).machine_learning}.template.json"
    template: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return template


def _instance_type(template: Mapping[str, Any]) -> str | None:
    """The instance type that a template's endpoint serves on; None is serverless, or none."""
    for resource in template.get("Resources", {}).values():
        if resource["Type"] == _CONFIG:
            variant = resource["Properties"]["ProductionVariants"][0]
            found: str | None = variant.get("InstanceType")
            return found
    return None
