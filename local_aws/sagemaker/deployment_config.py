"""What a DeploymentConfig may be: the deployment guardrails of UpdateEndpoint.

Ranges are those of the API's shapes, which `validation.py` checks. What is here stands in their
documentation and in the developer guide (deployment-guardrails-exclusions.html: "your new endpoint
configuration must have the same variant name"); the messages are ours.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from local_aws.sagemaker.errors import invalid

Variants = Sequence[Mapping[str, Any]]
AlarmStates = Callable[[Iterable[str]], dict[str, str]]
"""Gives the state (`OK`, `ALARM` or `INSUFFICIENT_DATA`) of each of these alarms that exists."""

_CANARY_MAX_PERCENT = 50
_STEP_PERCENT = range(10, 51)
_BATCH_PERCENT = range(5, 51)


def alarm_names(config: Mapping[str, Any] | None) -> list[str]:
    """The alarms that roll a deployment back."""
    rollback = (config or {}).get("AutoRollbackConfiguration") or {}
    return [alarm["AlarmName"] for alarm in rollback.get("Alarms", ()) if "AlarmName" in alarm]


def check_deployment_config(
    config: Mapping[str, Any] | None, *, before: Variants, after: Variants, states: AlarmStates
) -> None:
    """Refuse a DeploymentConfig that SageMaker would not carry out.

    Args:
        config: the request's, or None.
        before: the production variants that serve; none at creation.
        after: those of the new config, with the number of instances that they will have.
        states: gives the states of alarms.

    Raises:
        SageMakerError: `ValidationException`.
    """
    if not config:
        return
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise invalid(
            "DeploymentConfig must have either BlueGreenUpdatePolicy or RollingUpdatePolicy,"
            " not both."
        )
    names = alarm_names(config)
    known = states(names)
    if missing := [name for name in names if name not in known]:
        raise invalid(
            f"The following alarms in AutoRollbackConfiguration were not found:"
            f" {', '.join(missing)}."
        )
    if blue_green:
        _check_routing(blue_green["TrafficRoutingConfiguration"], before, after)
    if rolling:
        _check_rolling(rolling, before, after)


def _check_routing(routing: Mapping[str, Any], before: Variants, after: Variants) -> None:
    kind = routing["Type"]
    for member, of in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if (member in routing) != (kind == of):
            verb = "requires" if kind == of else "does not take"
            raise invalid(f"TrafficRoutingConfiguration of type {kind} {verb} {member}.")
    if kind == "ALL_AT_ONCE":
        return
    _check_shifting(f"{kind} traffic routing", before, after)
    for variant in after:
        if kind == "CANARY":
            _check_canary(routing["CanarySize"], variant)
        else:
            _check_share("LinearStepSize", routing["LinearStepSize"], variant, _STEP_PERCENT)


def _check_rolling(rolling: Mapping[str, Any], before: Variants, after: Variants) -> None:
    _check_shifting("A rolling update", before, after)
    if len(after) > 1:
        raise invalid("A rolling update does not support endpoints with multiple variants.")
    for member in ("MaximumBatchSize", "RollbackMaximumBatchSize"):
        if member in rolling:
            percents = range(5, 101) if member.startswith("Rollback") else _BATCH_PERCENT
            _check_share(member, rolling[member], after[0], percents)


def _check_shifting(what: str, before: Variants, after: Variants) -> None:
    """Refuse to shift traffic step by step where there are no two fleets of the same variants."""
    if any(variant.get("ServerlessConfig") for variant in (*before, *after)):
        # "Deployment guardrails only apply to Asynchronous inference and Real-time inference
        # endpoint types" (deployment-guardrails.html).
        raise invalid(f"{what} is not supported for serverless endpoints.")
    old = sorted(variant["VariantName"] for variant in before)
    new = sorted(variant["VariantName"] for variant in after)
    if before and old != new:
        raise invalid(
            f"{what} requires the same variant names in both endpoint configurations: the endpoint"
            f" has {', '.join(old)}, the new configuration has {', '.join(new)}."
        )


def _check_canary(size: Mapping[str, Any], variant: Mapping[str, Any]) -> None:
    instances = _instances(variant)
    if _percent(size, instances) > _CANARY_MAX_PERCENT:
        raise invalid(
            f"CanarySize must be at most {_CANARY_MAX_PERCENT} percent of the variant's total"
            f" instance count: {_named(size)} is more than that of the"
            f" {instances} of variant {variant['VariantName']}."
        )


def _check_share(
    member: str, size: Mapping[str, Any], variant: Mapping[str, Any], percents: range
) -> None:
    instances = _instances(variant)
    if not percents.start <= _percent(size, instances) <= percents.stop - 1:
        raise invalid(
            f"{member} must be {percents.start} to {percents.stop - 1} percent of the variant's"
            f" total instance count: {_named(size)} is not, of the {instances} of variant"
            f" {variant['VariantName']}."
        )


def _percent(size: Mapping[str, Any], instances: int) -> float:
    """A capacity in percent; a single instance cannot be split, so of one it is all."""
    value: int = size["Value"]
    if size["Type"] == "CAPACITY_PERCENT":
        return value if instances > 1 else 100.0
    return 100 * value / instances


def _named(size: Mapping[str, Any]) -> str:
    unit = "percent" if size["Type"] == "CAPACITY_PERCENT" else "instances"
    return f"{size['Value']} {unit}"


def _instances(variant: Mapping[str, Any]) -> int:
    return int(variant.get("InitialInstanceCount", 1))
