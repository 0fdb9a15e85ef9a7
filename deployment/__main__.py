"""`python -m deployment`: deploy, retrain, promote, describe or destroy a tier, as `make` does."""

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

from deployment.errors import WorkFailedError
from deployment.tier_lock import only_command
from stacks.repository import ROOT
from stacks.tiers import TierError, find_tier

if TYPE_CHECKING:
    from deployment.cdk_cli import CdkCli

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_UNREAD = 141
"""As a shell reports a program that SIGPIPE ended."""

COMMANDS = {
    "doctor": (
        "deployment.doctor.command",
        "say what would keep a tier from being deployed, and what mends it",
    ),
    "diff": (
        "deployment.diff_command",
        "show what a deployment would change, replace and delete",
    ),
    "deploy": (
        "deployment.deploy_command",
        "deploy the bucket, upload the data, deploy the rest",
    ),
    "retrain": (
        "deployment.retrain_command",
        "prepare reviews, upload them, and train a deployed tier on them",
    ),
    "promote": (
        "deployment.promote.command",
        "serve another tier's model, or one trained elsewhere, without training",
    ),
    "status": (
        "deployment.status.command",
        "show what runs in a tier, how good it is and what it costs while idle",
    ),
    "cost": (
        "deployment.cost.command",
        "say what a tier costs while idle, by use and by retraining, beside Amazon Comprehend",
    ),
    "destroy": ("deployment.destroy_command", "remove the tier's stacks"),
}
"""Which module has which command (`add_options`, `run`), and what it does. Only the one that is
asked for is loaded: with boto3 and Polars, all of them take a second."""


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 for a failed deployment, 2 for bad input, 130 after Ctrl-C.
    """
    words = sys.argv[1:] if argv is None else argv
    parser = _parser(words)
    arguments, others = parser.parse_known_args(words)
    if others and not arguments.passes_options_on:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    arguments.other_options = others
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Whoever read our output has read enough: `… | head`. Nothing is to be written any more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_UNREAD
    except KeyboardInterrupt:
        print("Interrupted. What CloudFormation has begun it brings to an end by itself.")
        return EXIT_INTERRUPTED


def _run(arguments: argparse.Namespace) -> int:
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from data_prep.errors import DataPrepError  # noqa: PLC0415
    from deployment.progress import console  # noqa: PLC0415

    # A program that reads the standard output gets the JSON there, and nothing else.
    console.stderr = getattr(arguments, "json", False)
    try:
        cdk = _cdk(arguments)
        with only_command(cdk.tier, cdk.output.parent) if arguments.alone else nullcontext():
            arguments.run(cdk, arguments)
    except (TierError, DataPrepError, ValueError) as error:
        console.print(str(error), style="red", markup=False)
        return EXIT_USAGE
    except (BotoCoreError, ClientError) as error:
        console.print(
            f"AWS did not answer as it should: {error}\n"
            "AWS_PROFILE, AWS_DEFAULT_REGION and AWS_ENDPOINT_URL decide which AWS is meant.",
            style="red",
            markup=False,
        )
        return EXIT_USAGE
    except WorkFailedError as error:
        console.print(str(error), markup=False)
        return 1
    return 0


def _cdk(arguments: argparse.Namespace) -> "CdkCli":
    from deployment.cdk_cli import CdkCli  # noqa: PLC0415
    from deployment.command_options import context_pairs, tag_pairs  # noqa: PLC0415

    context = context_pairs(arguments.context)
    find_tier(arguments.tier, arguments.settings, own=context.get("tiers"))
    return CdkCli(
        tier=arguments.tier,
        settings=arguments.settings,
        context=context,
        tags=tag_pairs(arguments.tags),
        # One a tier, so that two tiers can be deployed at the same time.
        output=ROOT / "cdk.out" / arguments.tier,
    )


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deployment",
        description="Deploy a tier to the AWS that the environment points at, or remove it.",
        epilog="The account and region must have been bootstrapped once: npx cdk bootstrap.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, (module, what) in COMMANDS.items():
        command = commands.add_parser(
            name, help=what, description=f"{what.capitalize()}.", allow_abbrev=False
        )
        command.set_defaults(passes_options_on=False, alone=False, tags=())
        if name in words[:1]:
            loaded = import_module(module)
            loaded.add_options(command)
            command.set_defaults(run=loaded.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
