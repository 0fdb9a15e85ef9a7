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
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from data_prep.__main__ import main as data_prep
from deployment.child_program import child_program
from deployment.confirmation import confirm
from deployment.deployed_tier import deployed_stacks
from deployment.errors import WorkFailedError
from deployment.progress import console, step
from deployment.tier_stacks import TierStacks
from stacks.repository import ROOT
from stacks.tiers import SETTINGS as TIER_SETTINGS
from stacks.tiers import TierError, find_tier
from tests.aws_verified.cost import cost
from tests.aws_verified.leftovers import remains, remove_logs
from tests.aws_verified.outcomes import Outcome, Recorder
from tests.aws_verified.page import PAGE, Run, write
from tests.aws_verified.tier import SETTINGS, VerifiedTier
from tests.real_reviews import write_reviews

TESTS = ROOT / "tests" / "aws_verified"
REVIEWS = 3_000
GONE_SECONDS = 120
"""How long AWS's lists may still name what has been deleted."""
ATTEMPTS = 5
"""To remove the stacks: a CDK CLI that was interrupted needs a while to end."""
PAUSE_SECONDS = 10
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
        with _removed(tier) as left:
            outcomes = _tested(tier)
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


def _tested(tier: VerifiedTier) -> list[Outcome]:
    """Deploy, and run the tests; a tier that could not be deployed is an outcome, too."""
    started = time.monotonic()
    printed = _shown(tier.deploy_first())
    deployed = Outcome(
        fact="`deploy` creates bucket, training job, evaluation, endpoint and API of a new tier.",
        held=printed is not None,
        seconds=time.monotonic() - started,
    )
    if printed is None:
        return [deployed]
    recorder = Recorder(tier, printed)
    words = [str(TESTS), "-m", "aws", "-n0", "-q", "-p", "no:cacheprovider", "--durations=0"]
    code = pytest.main(words, plugins=[recorder])
    if code == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    return [deployed, *recorder.outcomes]


def _shown(command: list[str]) -> str | None:
    """Run a command, and show what it prints while it does; None when it fails."""
    lines = []
    with child_program(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
    ) as process:
        for line in process.stdout or ():
            console.print(line, end="", markup=False)
            lines.append(line)
    return None if process.returncode else "".join(lines)


@contextmanager
def _removed(tier: VerifiedTier) -> Iterator[list[str]]:
    """Remove the tier after the block, however that ends; yields what is left then.

    Interruptions are not heard meanwhile: what costs money is removed first.
    """
    left: list[str] = []
    try:
        yield left
    finally:
        former = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}
        console.print(f"\nRemoving {tier.name}; Ctrl-C waits for it.", markup=False)
        try:
            left.extend(_remove(tier))
        except (BotoCoreError, ClientError) as error:
            left.append(f"it is not known what: {error}")
        for line in left:
            console.print(f"  left behind: {line}", markup=False)
        if left:
            again = f"make destroy TIER={tier.name} SETTINGS={SETTINGS}"
            console.print(f"Remove it by hand, or try again: {again}", markup=False)
        for number, handler in former.items():
            signal.signal(number, handler)


def _remove(tier: VerifiedTier) -> list[str]:
    stacks = tier.stacks
    for stack in deployed_stacks(stacks):
        if stacks.is_changing(stack) and stacks.status(stack).startswith("UPDATE_"):
            with step(f"Wait until CloudFormation is through with {stack}"):
                stacks.settle(stack)
    for attempt in range(ATTEMPTS):
        if not deployed_stacks(stacks):
            break
        if attempt:
            time.sleep(PAUSE_SECONDS)
        subprocess.run(
            tier.command("destroy"),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            check=False,
            # Node lets its children hear what it was told to ignore: Ctrl-C must not reach them.
            start_new_session=True,
        )
    with step("Look for what is left") as looking:
        deadline = time.monotonic() + GONE_SECONDS
        remove_logs(stacks)
        while (left := remains(stacks)) and time.monotonic() < deadline:
            looking.note(f"{len(left)} resources")
            time.sleep(5)
            remove_logs(stacks)
        looking.result = f"{len(left)} resources" if left else "nothing"
    return left


if __name__ == "__main__":
    sys.exit(main())
