"""The parameters of the model's stack: what each will be at a deployment, and who decided it.

CloudFormation keeps the value of a parameter that is not named again. What ends with its owner
(`tier_layout.parameter_owners`) is therefore named here, as empty.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deployment.cdk_cli import CdkCli
from tier_layout.few_texts import FEW_TEXTS, HYPERPARAMETERS
from tier_layout.names import TierNames
from tier_layout.parameter_owners import METADATA, Owner

_BY_DATA = "it follows from the data: `deploy --train … --test …` or `retrain --data …` set it"
SET_BY_COMMANDS: Mapping[str, str] = {
    "TrainKey": _BY_DATA,
    "ValidationKey": _BY_DATA,
    "TestKey": _BY_DATA,
    "ModelDataUrl": "`promote --from TIER` or `promote --model FILE` sets it",
    "AcceptOverlap": "`--accept-overlap` sets it",
}
"""Parameters that nobody gives by hand, and why."""
_READ_FROM_SSM = "AWS::SSM::Parameter::Value<"
"""The type of what CloudFormation looks up itself: the CDK's version, the tier's key."""
_FEW = f"suits the data: fewer than {FEW_TEXTS:,} texts"


class ParameterError(ValueError):
    """A parameter cannot be given. The message lists every problem."""


@dataclass(frozen=True)
class Given:
    """What a person asks for on the command line."""

    values: Mapping[str, str] = field(default_factory=dict)
    accept_overlap: bool = False
    """Whether the training file may hold more than 1 % of the evaluation's texts."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A parameter as the synthesized template declares it."""

    name: str
    owner: Owner
    default: str
    settings_value: str
    """What the tier's settings say, where they own it."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a parameter will be, and why."""

    name: str
    value: str
    """What counts: where the settings decide, what they say."""
    passed: str | None
    """What CloudFormation is told; None where it keeps what it has, or takes the default."""
    source: str
    """Where the value comes from; empty where nobody has decided anything."""


def given_parameters(
    texts: Sequence[str], *, reserved: Mapping[str, str] = SET_BY_COMMANDS
) -> dict[str, str]:
    """The parameters of a command line.

    Args:
        texts: each NAME=VALUE.
        reserved: names that the command sets itself, and how.

    Raises:
        ParameterError: one is no pair, is there twice, or is the command's own.
    """
    given: dict[str, str] = {}
    problems = []
    for text in texts:
        name, separator, value = text.partition("=")
        if not separator or not name:
            problems.append(f"{text!r}: a parameter is NAME=VALUE, such as Epochs=8")
        elif name in reserved:
            problems.append(f"{name} cannot be given: {reserved[name]}")
        elif name in given:
            problems.append(f"{name} is given twice, as {given[name]!r} and as {value!r}")
        given[name] = value
    if problems:
        raise ParameterError(".\n".join(problems) + ".")
    return given


def declared_parameters(template: Mapping[str, Any]) -> list[Declared]:
    """The parameters of a stack in their order.

    Args:
        template: its own, or that of a former version, which may not name the owners.
    """
    owners: Mapping[str, Mapping[str, str]] = template.get("Metadata", {}).get(METADATA, {})
    return [
        Declared(
            name=name,
            owner=Owner(owners.get(name, {}).get("owner", Owner.PERSON)),
            default=str(content.get("Default", "")),
            settings_value=owners.get(name, {}).get("value", ""),
        )
        for name, content in template.get("Parameters", {}).items()
        if not content.get("Type", "").startswith(_READ_FROM_SSM)
    ]


def synthesized_parameters(cdk: CdkCli, stack: str | None = None) -> list[Declared]:
    """The same of what `cdk.synth()` has written, for the model's stack or another one."""
    return declared_parameters(cdk.template(stack or TierNames(cdk.tier).machine_learning))


def check_known(parameters: Mapping[str, str], declared: Sequence[Declared]) -> None:
    """Make sure that the stacks, as they were synthesized, have these parameters.

    CloudFormation would say so only after the bucket's stack was deployed and data were uploaded,
    and without the names that there are.

    Raises:
        ParameterError: names those that it does not have, and all that it has.
    """
    known = {parameter.name for parameter in declared}
    unknown = sorted(parameters.keys() - known)
    if unknown:
        settable = sorted(known - SET_BY_COMMANDS.keys())
        raise ParameterError(
            f"There is no parameter {' and no '.join(unknown)}. There are: {', '.join(settable)}."
        )


def choose(
    declared: Sequence[Declared],
    *,
    deployed: Mapping[str, str],
    given: Given,
    data: Mapping[str, str] | None,
) -> list[Choice]:
    """What every parameter will be.

    Args:
        declared: by the template that is to be deployed.
        deployed: the stack's parameters now; empty for one that is yet to be created.
        given: what a person says now.
        data: the parameters that name the data or the model that is new, and the hyperparameters
            that suit the data; None where these stay.
    """
    values = dict(given.values)
    if given.accept_overlap:
        # For this training file alone: for another one it is of no effect.
        values["AcceptOverlap"] = (deployed if data is None else data).get("TrainKey", "")
    suited = _suited(declared, deployed, values, data)
    return [
        suited.get(parameter.name) or _choice(parameter, deployed, values, data)
        for parameter in declared
    ]


def shown(choices: Sequence[Choice]) -> Iterator[str]:
    """Lines on the choices that somebody has made; the defaults are only counted."""
    made = [choice for choice in choices if choice.source]
    width = max((len(choice.name) for choice in made), default=0)
    for choice in made:
        yield f"{choice.name:{width}}  {choice.value or '–'}: {choice.source}"
    others = len(choices) - len(made)
    if others:
        yield (
            f"{others} other parameters have their defaults"
            if others > 1
            else "1 other parameter has its default"
        )


def _suited(
    declared: Sequence[Declared],
    deployed: Mapping[str, str],
    given: Mapping[str, str],
    data: Mapping[str, str] | None,
) -> dict[str, Choice]:
    """The hyperparameters that follow from how many texts the new data have.

    Unless a person has decided on one of them, now or before: they were chosen together.
    """
    mine = {one.name: one for one in declared if one.name in HYPERPARAMETERS}
    defaults = {name: parameter.default for name, parameter in mine.items()}
    former = {name: deployed.get(name, default) for name, default in defaults.items()}
    by_data = any(
        all(_equal(former[name], values[name]) for name in mine)
        for values in (defaults, HYPERPARAMETERS)
    )
    if data is None or "TrainKey" not in data or given.keys() & mine.keys() or not by_data:
        return {}
    wanted = {name: data.get(name, default) for name, default in defaults.items()}
    return {
        name: Choice(
            name=name,
            value=value,
            passed=value,
            source=_FEW if name in data else f"the default again: {former[name]} was for few texts",
        )
        for name, value in wanted.items()
        if not (_equal(value, former[name]) and _equal(value, defaults[name]))
    }


def _choice(
    parameter: Declared,
    deployed: Mapping[str, str],
    given: Mapping[str, str],
    data: Mapping[str, str] | None,
) -> Choice:
    name, former = parameter.name, deployed.get(parameter.name, parameter.default)
    if name in given:
        return _given(parameter, given[name])
    if parameter.owner == Owner.DATA and data is not None:
        value = data.get(name, "")
        ended = f"empty again: {former} belonged to the former data" if former else ""
        return Choice(name=name, value=value, passed=value, source="the data" if value else ended)
    if not _equal(former, parameter.default):
        return Choice(name=name, value=former, passed=None, source=_why_kept(parameter))
    settled = "the tier's settings" if parameter.owner == Owner.SETTINGS else ""
    return Choice(name=name, value=parameter.settings_value or former, passed=None, source=settled)


def _given(parameter: Declared, value: str) -> Choice:
    if parameter.owner == Owner.SETTINGS and not value:
        value, source = parameter.settings_value, "the tier's settings again"
        return Choice(name=parameter.name, value=value, passed="", source=source)
    return Choice(name=parameter.name, value=value, passed=value, source="given now")


def _why_kept(parameter: Declared) -> str:
    match parameter.owner:
        case Owner.SETTINGS:
            return (
                f"kept: set by a person (the tier's settings say {parameter.settings_value}; "
                f"{parameter.name}= follows them again)"
            )
        case Owner.DATA:
            return "kept, as the data are"
        case Owner.PERSON:
            return f"kept from an earlier deployment (the default is {parameter.default})"


def _equal(one: str, other: str) -> bool:
    """Whether two values are the same, also where they are numbers: 0.5 and .50."""
    try:
        return one == other or float(one) == float(other)
    except ValueError:
        return False
