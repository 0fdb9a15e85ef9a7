"""`python -m tests.aws_verified`: verify this product on the AWS that the environment points at.

A tier of its own is deployed, tested and removed, also after a failure or Ctrl-C; what was verified
is written to docs/verified-on-aws.md.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from data_prep.__main__ import main as data_prep
from deployment.confirmation import confirm
from deployment.deployed_tier import deployed_stacks
from deployment.errors import WorkFailedError
from deployment.progress import console
from deployment.tier_stacks import TierStacks
from stacks.repository import ROOT
from stacks.tiers import SETTINGS as TIER_SETTINGS
from stacks.tiers import TierError, find_tier
from tests.aws_verified.cost import cost
from tests.aws_verified.page import PAGE, Run, write
from tests.aws_verified.removal import removed
from tests.aws_verified.tier import SETTINGS, VerifiedTier
from tests.aws_verified.verification import verified
from tests.real_reviews import write_reviews

REVIEWS = 3_000
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def main(words: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0 when everything holds and nothing is left, 1 when not, 2 for bad input,
        130 after Ctrl-C, and after the removal that follows it.
    """
    arguments = _parser().parse_args(words)
    for interruption in (signal.SIGINT, signal.SIGTERM):
        signal.signal(interruption, _interrupt)
    try:
        return _verify(arguments)
    except KeyboardInterrupt:
        console.print("Interrupted. Nothing was written.", markup=False)
        return EXIT_INTERRUPTED
    except (TierError, ValueError) as error:
        console.print(str(error), markup=False)
        return EXIT_USAGE
    except (WorkFailedError, BotoCoreError, ClientError) as error:
        console.print(str(error), markup=False)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.aws_verified",
        description="Deploy a tier of its own, run every test marked `aws` on it, remove it, and "
        "write what was verified. It says what that costs, and asks, before it begins.",
    )
    parser.add_argument(
        "--tier", default="Verify", help="a name that no tier has (default: %(default)s)"
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "-c", "--context", action="append", default=[], metavar="KEY=VALUE",
        help="further CDK context, such as lambdaPython=3.12",
    )  # fmt: skip
    parser.add_argument(
        "--page", type=Path, default=PAGE, metavar="FILE",
        help="where it is written (default: docs/verified-on-aws.md)",
    )  # fmt: skip
    return parser


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _verify(arguments: argparse.Namespace) -> int:
    stacks = TierStacks(find_tier(arguments.tier, SETTINGS).name)
    with tempfile.TemporaryDirectory(prefix="verify-on-aws-") as folder:
        tier = VerifiedTier(stacks.name, tuple(arguments.context), _reviews(Path(folder)))
        if subprocess.run(tier.command("doctor"), cwd=ROOT, check=False).returncode:
            return 1
        _check_new(stacks)
        console.print(f"\nWhat this costs: {cost(TIER_SETTINGS[SETTINGS])}\n", markup=False)
        if not arguments.yes:
            confirm(
                f"The tier {stacks.name} will be deployed, tested and removed.",
                expected="yes",
                said_already="--yes (make: YES=1)",
            )
        with removed(tier) as left:
            outcomes = verified(tier)
    run = Run(
        region=boto3.Session().region_name or "",
        endpoint_url=os.environ.get("AWS_ENDPOINT_URL"),
        date=datetime.now(UTC),
        outcomes=outcomes,
        remains=left,
    )
    write(run, arguments.page)
    failed = [outcome for outcome in outcomes if not outcome.held]
    what = f"{len(left)} resources are" if left else "nothing is"
    console.print(
        f"\n{len(outcomes) - len(failed)} of {len(outcomes)} facts hold, {what} left behind. "
        f"Written: {arguments.page}",
        markup=False,
    )
    return 1 if failed or left else 0


def _reviews(folder: Path) -> Path:
    """Real reviews, prepared; few, so that a training takes seconds."""
    write_reviews(folder / "reviews.csv", slice(0, REVIEWS))
    out = folder / "data"
    words = ["prepare", str(folder / "reviews.csv"), "--text", "text", "--label", "label"]
    maps = ["--map", "0=negative", "--map", "1=positive", "--out", str(out)]
    if data_prep([*words, *maps]):
        raise WorkFailedError("The reviews could not be prepared.")
    return out


def _check_new(stacks: TierStacks) -> None:
    there = deployed_stacks(stacks)
    if there:
        raise ValueError(
            f"There is a tier {stacks.name} already (stack {' and stack '.join(there)}), and this "
            "removes its tier at the end. Say another name: make verify-on-aws TIER=…"
        )


if __name__ == "__main__":
    sys.exit(main())
