"""What the commands' options have in common."""

import argparse
from collections.abc import Mapping, Sequence

from data_prep.dataset.accept import Accept, add_accept_option
from deployment.stack_parameters import SET_BY_COMMANDS, Given, given_parameters


def add_tier_options(command: argparse.ArgumentParser, *, option: str = "--tier") -> None:
    """Declare which tier a command is about, and the context it is synthesized with.

    A command that synthesizes works on its tier alone.
    """
    command.set_defaults(alone=True)
    command.add_argument(
        option, required=True, dest="tier", metavar="TIER", help="Sandbox, Production, or your own"
    )
    command.add_argument(
        "--settings", metavar="TIER", help="the settings of a tier of your own: Sandbox, ..."
    )
    command.add_argument(
        "-c", "--context", action="append", default=[], metavar="KEY=VALUE",
        help="further CDK context, such as lambdaPython=3.12",
    )  # fmt: skip


def add_parameter_options(command: argparse.ArgumentParser) -> None:
    """Declare `--parameter`, `--accept` and `--accept-overlap`."""
    command.add_argument(
        "--parameter", action="append", default=[], metavar="NAME=VALUE", dest="parameters",
        help="a further parameter of the model's stack, such as Epochs=8 or MinimumAccuracy=0.8; "
        "may be repeated. Hyperparameters that are not given keep their values; what belongs to "
        "the data (EvaluationKey) goes with them; the gate follows the tier's settings until it "
        "is given, and again with MinimumAccuracy=",
    )  # fmt: skip
    command.add_argument(
        "--accept-overlap", action="store_true",
        help="evaluate even though more than 1 %% of the evaluation's texts stand in the training "
        "or the validation file; for this training file only. The same as --accept overlap",
    )  # fmt: skip
    add_accept_option(command)


def accepted(arguments: argparse.Namespace) -> frozenset[Accept]:
    """What `--accept` and `--accept-overlap` accept."""
    overlap = [Accept.OVERLAP] if arguments.accept_overlap else []
    return frozenset([*arguments.accept, *overlap])


def given_by(
    arguments: argparse.Namespace, *, reserved: Mapping[str, str] = SET_BY_COMMANDS
) -> Given:
    """What a command line asks for of the model's stack.

    Args:
        arguments: of `add_parameter_options`.
        reserved: parameters that the command sets itself, and how.

    Raises:
        ParameterError: a parameter cannot be given.
    """
    values = given_parameters(arguments.parameters, reserved=reserved)
    return Given(values, Accept.OVERLAP in accepted(arguments))


def add_tag_option(command: argparse.ArgumentParser) -> None:
    """Declare `--tag`."""
    command.add_argument(
        "--tag", action="append", default=[], metavar="KEY=VALUE", dest="tags",
        help="a tag for every stack that is deployed and for what is in it, such as team=reviews; "
        "may be repeated. CloudFormation takes away what a later deployment does not say again",
    )  # fmt: skip


def add_consent_option(command: argparse.ArgumentParser) -> None:
    """Declare `--yes`."""
    command.add_argument(
        "--yes", action="store_true",
        help="agree beforehand to what this replaces or deletes in a tier that retains its data: "
        "for programs; a person is asked",
    )  # fmt: skip


def context_pairs(texts: Sequence[str]) -> dict[str, str]:
    """The context of a command line.

    Raises:
        ValueError: one is no KEY=VALUE.
    """
    return _pairs(texts, "context is KEY=VALUE, such as lambdaPython=3.12.")


def tag_pairs(texts: Sequence[str]) -> dict[str, str]:
    """The tags of a command line.

    Raises:
        ValueError: one is no KEY=VALUE.
    """
    return _pairs(texts, "a tag is KEY=VALUE, such as team=reviews.")


def _pairs(texts: Sequence[str], otherwise: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise ValueError(f"{text!r}: {otherwise}")
        pairs[key] = value
    return pairs
