"""Further parameters of the model's stack: `--parameter NAME=VALUE`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from deployment.cdk_cli import CdkCli
from deployment.tier_stacks import TierStacks

_BY_DATA = "it follows from the data: `deploy --train … --test …` or `retrain --data …` set it"
SET_BY_COMMANDS: Mapping[str, str] = {
    "TrainKey": _BY_DATA,
    "TestKey": _BY_DATA,
    "ModelDataUrl": "`promote --from TIER` or `promote --model FILE` sets it",
}
"""Parameters that nobody gives by hand, and why."""
_OF_CDK = "BootstrapVersion"


class ParameterError(ValueError):
    """A parameter cannot be given. The message lists every problem."""


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


def check_known(parameters: Mapping[str, str], cdk: CdkCli) -> None:
    """Make sure that the model's stack, as it was synthesized, has these parameters.

    CloudFormation would say so only after the bucket's stack was deployed and data were uploaded,
    and without the names that there are.

    Raises:
        ParameterError: names those that it does not have, and all that it has.
    """
    if not parameters:
        return
    template = cdk.output / f"{TierStacks(cdk.tier).machine_learning}.template.json"
    known = _names(template)
    unknown = sorted(parameters.keys() - known)
    if unknown:
        settable = sorted(known - SET_BY_COMMANDS.keys())
        raise ParameterError(
            f"The model's stack has no parameter {' and no '.join(unknown)}. "
            f"It has: {', '.join(settable)}."
        )


def _names(template: Path) -> set[str]:
    document = json.loads(template.read_text(encoding="utf-8"))
    return set(document.get("Parameters", {})) - {_OF_CDK}
