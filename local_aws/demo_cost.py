"""What the demo's tier would cost on AWS, beside Production."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from deployment.cdk_cli import CdkCli
from deployment.child_program import child_program
from deployment.cost.command import estimate_of
from deployment.cost.price_list import PriceList
from deployment.cost.price_table import PRICES_REGION
from deployment.cost.shown import side_by_side
from deployment.cost.work import Work
from stacks.repository import ROOT

OTHER = "Production"
PATIENCE_SECONDS = 60
"""How long the demo waits for templates that it needs for nothing else."""
_PATIENT = ("nice", "-n", "10")
"""What is deployed meanwhile goes first."""

Lines = Callable[[], list[str]]


@contextmanager
def other_synthesized(sandbox: CdkCli) -> Iterator[Lines]:
    """Synthesize Production while the demo goes on.

    Args:
        sandbox: after `synth()`; the other assembly is written beside its own.

    Yields:
        What gives the lines of the comparison; they wait for the templates.
    """
    other = replace(sandbox, tier=OTHER, output=sandbox.output.with_name("other.out"))
    temporary = sandbox.output.with_name("other.tmp")
    temporary.mkdir()
    command = [
        *_PATIENT, "cdk", "synth", "--quiet", "--no-notices", "--context", f"tier={OTHER}",
        "--output", str(other.output),
    ]  # fmt: skip
    with child_program(
        command,
        cwd=ROOT,
        # The CDK's Node leaves a folder in TMPDIR when it is interrupted.
        env={**sandbox.environment, "TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield lambda: _lines(process, sandbox, other)


def _lines(process: "subprocess.Popen[str]", sandbox: CdkCli, other: CdkCli) -> list[str]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    tiers = [sandbox, other] if process.poll() == 0 else [sandbox]
    # The table's: the demo has no credentials for AWS.
    prices = PriceList(PRICES_REGION)
    estimates = [estimate_of(tier, work=Work(), prices=prices) for tier in tiers]
    return [*side_by_side(estimates, prices), f"Each line of it: make cost TIER={OTHER}"]
