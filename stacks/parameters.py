"""How the model's stack declares a parameter: under its own name, and with its owner."""

import aws_cdk as cdk
from constructs import Construct

from tier_layout.parameter_owners import METADATA, Owner

OBJECT_KEY_PATTERN = r"[A-Za-z0-9!_.*'()/=+@:,-]{1,1024}"
"""S3's safe characters, and those that need no special handling within an ARN."""

SHARE_PATTERN = r"(1(\.0{0,6})?|0|0?\.[0-9]{1,6})"
"""A number from 0 to 1, as text: a parameter of type Number cannot be empty."""


def declare(
    scope: Construct, name: str, *, owner: Owner, settings_value: str = "", **properties: object
) -> cdk.CfnParameter:
    """Declare a stack parameter under its own name.

    Users type the name, so it must not carry the construct's path.

    Args:
        scope: the construct's parent.
        name: the parameter's.
        owner: who decides on its value.
        settings_value: where the tier's settings own it, what they say.
        properties: of `cdk.CfnParameter`.
    """
    parameter = cdk.CfnParameter(scope, name, **properties)  # type: ignore[arg-type]
    parameter.override_logical_id(name)
    options = cdk.Stack.of(scope).template_options
    metadata = dict(options.metadata or {})
    belongs = {"owner": str(owner)} | ({"value": settings_value} if settings_value else {})
    metadata[METADATA] = {**metadata.get(METADATA, {}), name: belongs}
    options.metadata = metadata
    return parameter


def unless_empty(parameter: cdk.CfnParameter, otherwise: str) -> str:
    """The parameter's value; `otherwise` where it is empty."""
    given = parameter.value_as_string
    is_given = cdk.CfnCondition(
        parameter,
        "IsGiven",
        expression=cdk.Fn.condition_not(cdk.Fn.condition_equals(given, "")),
    )
    is_given.override_logical_id(f"Has{parameter.node.id}")
    return cdk.Token.as_string(cdk.Fn.condition_if(is_given.logical_id, given, otherwise))
