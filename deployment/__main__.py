"""`python -m deployment`: deploy, retrain, promote, describe or destroy a tier, as `make` does."""

import argparse
import sys

from botocore.exceptions import BotoCoreError, ClientError

from data_prep.errors import DataPrepError
from deployment.cdk_cli import CdkCli, CdkError
from deployment.command_options import context_pairs
from deployment.deploy_command import add_deploy
from deployment.destroy_command import add_destroy
from deployment.progress import console
from deployment.promote.command import add_promote
from deployment.retrain_command import add_retrain
from deployment.status.command import add_status
from stacks.repository import ROOT
from stacks.tiers import TierError, find_tier

EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(argv: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, 1 for a failed deployment, 2 for bad input, 130 after Ctrl-C.
    """
    parser = _parser()
    arguments, others = parser.parse_known_args(argv)
    if others and not arguments.passes_options_on:
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    arguments.other_options = others
    # A program that reads the standard output gets the JSON there, and nothing else.
    console.stderr = getattr(arguments, "json", False)
    try:
        find_tier(arguments.tier, arguments.settings)
        cdk = CdkCli(
            tier=arguments.tier,
            settings=arguments.settings,
            context=context_pairs(arguments.context),
            # One a tier, so that two tiers can be deployed at the same time.
            output=ROOT / "cdk.out" / arguments.tier,
        )
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
    except CdkError as error:
        console.print(str(error), markup=False)
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. What CloudFormation has begun it brings to an end by itself.")
        return EXIT_INTERRUPTED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deployment",
        description="Deploy a tier to the AWS that the environment points at, or remove it.",
        epilog="The account and region must have been bootstrapped once: npx cdk bootstrap.",
    )
    parser.set_defaults(passes_options_on=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in (add_deploy, add_retrain, add_promote, add_status, add_destroy):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
