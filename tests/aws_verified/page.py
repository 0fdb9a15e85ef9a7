"""The page that says what was verified, where and when."""

import platform
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from stacks.repository import ROOT
from tests.aws_verified.outcomes import Outcome

PAGE = ROOT / "docs" / "verified-on-aws.md"

_EMBEDDED = """\
> **This page was produced against the embedded AWS only.** `AWS_ENDPOINT_URL` led to this machine's
> loopback interface, so that the page says that the suite works, and nothing of AWS itself. No run
> on AWS is recorded in this repository. Whoever has an account can make one: `make verify-on-aws`
> writes this page anew.
"""
_AWS = """\
> This page was produced by a run on AWS. It holds for the day, the region and the versions below,
> and for what is listed; it says nothing of what is not.
"""
_ELSEWHERE = """\
> This page was produced against what `AWS_ENDPOINT_URL` named: neither AWS nor this machine.
"""
_HOW = """\
`make verify-on-aws` ([operating.md](operating.md#verify-on-aws)) deploys a tier of its own with the
Sandbox's settings, runs the tests below on it, removes it, and writes this page.
"""
_LEFT = """\
"Left behind" is looked for by name and by tag: stacks, buckets, endpoints, running jobs,
parameters, roles, functions, log groups and log streams. Training jobs that have ended stay in
SageMaker's list, where nobody can delete them and they cost nothing; what `cdk deploy` has uploaded
stays in the CDK's own bucket (`cdk gc`).
"""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One verification."""

    region: str
    endpoint_url: str | None
    """Where AWS_ENDPOINT_URL led requests; None for AWS itself."""
    date: datetime
    outcomes: Sequence[Outcome]
    remains: Sequence[str]

    @property
    def embedded(self) -> bool:
        """Whether it ran on this machine. By the address: nothing that is deployed knows."""
        host = urlsplit(self.endpoint_url or "").hostname or ""
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return host == "localhost" or host.endswith(".localhost")


def write(run: Run, page: Path) -> None:
    """Write the page. It names no account and no resource."""
    where, note = (
        ("the embedded AWS", _EMBEDDED)
        if run.embedded
        else ("elsewhere", _ELSEWHERE)
        if run.endpoint_url
        else ("AWS", _AWS)
    )
    failed = sum(not outcome.held for outcome in run.outcomes)
    lines = [
        "# Verified on AWS",
        "",
        note,
        _HOW,
        "| | |",
        "|---|---|",
        f"| date | {run.date.astimezone(UTC):%Y-%m-%d} |",
        f"| where | {where}, {run.region} |",
        f"| tests | {len(run.outcomes) - failed} passed, {failed} failed |",
        f"| left behind | {_left(run.remains)} |",
        *(f"| {name} | {version} |" for name, version in _versions().items()),
        "",
        "| what was verified | outcome | seconds |",
        "|---|---|---|",
        *(
            f"| {outcome.fact} | {'passed' if outcome.held else '**failed**'} "
            f"| {outcome.seconds:.1f} |"
            for outcome in run.outcomes
        ),
        "",
        _LEFT,
    ]
    page.write_text("\n".join(lines), encoding="utf-8")


def _left(remains: Sequence[str]) -> str:
    return "nothing" if not remains else f"**{len(remains)} resources**"


@cache
def _versions() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "this project": f"{project['version']}, commit {_commit()}",
        "CDK": f"CLI {_said('cdk', '--version').partition(' ')[0]}, "
        f"library {metadata.version('aws-cdk-lib')}",
        "Python": platform.python_version(),
        "Node": _said("node", "--version").removeprefix("v"),
        "boto3": metadata.version("boto3"),
    }


def _commit() -> str:
    commit = _said("git", "rev-parse", "--short=12", "HEAD") or "unknown"
    return f"{commit} and changes to it" if _said("git", "status", "--porcelain") else commit


def _said(*command: str) -> str:
    try:
        result = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip()
