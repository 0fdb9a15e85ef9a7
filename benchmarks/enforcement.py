"""What it costs that the embedded AWS verifies signatures and evaluates policies.

    python -m benchmarks.enforcement

Deploys the Sandbox tier on two embedded AWSs of its own, as the product has it and with
enforcement switched off, and calls both in turns: the API (gateway, Lambda, endpoint) and
InvokeEndpoint. The peer is the one without; the bar is 1.15 times its time.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.api import (
    TIER,
    WARM_UP_SECONDS,
    Target,
    api_target,
    endpoint_target,
    lift_throttle,
    measure,
)
from deployment.cdk_cli import CdkCli
from deployment.rollout import roll_out
from deployment.training_data import sample
from local_aws import server
from local_aws.environment import (
    CONFLICTING_VARIABLES,
    client_environment,
    server_environment,
)

WITH, WITHOUT = "with enforcement", "without (peer)"


def serve(*, enforced: bool) -> None:
    """Run an embedded AWS until standard input ends; prints its URL first."""
    if not enforced:
        given = server_environment
        vars(server)["server_environment"] = lambda *asked, **named: (
            given(*asked, **named) | {"AUTH": "false"}
        )
    with server.EmbeddedAws() as aws:
        if not enforced:
            _permit_everything()
        print(aws.url, flush=True)
        sys.stdin.read()


def _permit_everything() -> None:
    """Leave out what we check ourselves."""
    from ministack import app  # noqa: PLC0415

    from local_aws.ministack import service_permissions  # noqa: PLC0415

    vars(service_permissions)["_permits"] = lambda *asked: True
    app.SERVICE_HANDLERS["sagemaker"].__self__._require = lambda headers, need: None


@contextmanager
def deployed(name: str, assembly: Path) -> Iterator[dict[str, Target]]:
    """The tier on an embedded AWS of its own, and what is called there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.enforcement", "--serve", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        for variable in CONFLICTING_VARIABLES:
            os.environ.pop(variable, None)
        os.environ.update(client_environment(url))
        cdk = CdkCli(tier=TIER, environment=dict(os.environ), output=assembly)
        cdk.synth()
        cdk.bootstrap()
        roll_out(cdk, dataset=sample())
        lift_throttle(10_000)
        yield {"the API": api_target(), "InvokeEndpoint": endpoint_target()}
    finally:
        process.communicate()


def main() -> None:
    """Print a table; exit 1 if a request failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    parser.add_argument("--serve", choices=(WITH, WITHOUT), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(enforced=options.serve == WITH)
        return
    table = Table("", "connections", WITH, WITHOUT, "ratio of p50", "failures")
    failures = 0
    with (
        tempfile.TemporaryDirectory() as folder,
        deployed(WITH, Path(folder)) as enforced,
        deployed(WITHOUT, Path(folder)) as peer,
    ):
        for target in enforced:
            for connections in (1, 8):
                rounds: list[tuple[float, float]] = []
                failed = 0
                for side in (enforced, peer):
                    measure(side[target], connections=connections, seconds=WARM_UP_SECONDS)
                for _ in range(options.rounds):
                    both = [
                        measure(side[target], connections=connections, seconds=options.seconds)
                        for side in (enforced, peer)
                    ]
                    failed += sum(result.failures for result in both)
                    rounds.append((both[0].p50_ms, both[1].p50_ms))
                times = [statistics.median(times) for times in zip(*rounds, strict=True)]
                ratio = statistics.median(ours / theirs for ours, theirs in rounds)
                failures += failed
                table.add_row(
                    target, str(connections), f"{times[0]:.2f} ms", f"{times[1]:.2f} ms",
                    f"{ratio:.2f}", str(failed),
                )  # fmt: skip
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, Python"
        f" {platform.python_version()}; median of {options.rounds} rounds of"
        f" {options.seconds:g} s in turns"
    )
    if failures:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
