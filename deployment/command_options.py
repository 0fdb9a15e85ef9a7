"""What the commands' options have in common."""

import argparse


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
    """Declare `--parameter` and `--accept-overlap`."""
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
        "file; for this training file only",
    )  # fmt: skip


def add_consent_option(command: argparse.ArgumentParser) -> None:
    """Declare `--yes`."""
    command.add_argument(
        "--yes", action="store_true",
        help="agree beforehand to what this replaces or deletes in a tier that retains its data: "
        "for programs; a person is asked",
    )  # fmt: skip


def context_pairs(texts: list[str]) -> dict[str, str]:
    """The context of a command line.

    Raises:
        ValueError: one is no KEY=VALUE.
    """
    return dict(_pair(text) for text in texts)


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise ValueError(f"{text!r}: context is KEY=VALUE, such as lambdaPython=3.12.")
    return key, value
