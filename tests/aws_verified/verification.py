"""Deploys the tier, and runs the tests on it."""

import subprocess
import time

import pytest

from deployment.child_program import child_program
from deployment.errors import WorkFailedError
from deployment.progress import console
from stacks.repository import ROOT
from tests.aws_verified.outcomes import Outcome, Recorder
from tests.aws_verified.tier import VerifiedTier

TESTS = ROOT / "tests" / "aws_verified"


def verified(tier: VerifiedTier) -> list[Outcome]:
    """What became of the deployment and, if there is a tier then, of each test.

    Raises:
        WorkFailedError: pytest could not run the tests.
        KeyboardInterrupt: it was interrupted.
    """
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
    match pytest.main(words, plugins=[recorder]):
        case pytest.ExitCode.OK | pytest.ExitCode.TESTS_FAILED:
            return [deployed, *recorder.outcomes]
        case pytest.ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        case code:
            raise WorkFailedError(f"pytest could not run the tests: {code!r}.")


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
