"""Runs Schemathesis against a deployed API, with the API's own document and all checks."""

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.repository import ROOT


@dataclass(frozen=True)
class Outcome:
    """What a run found."""

    cases: int
    failures: list[Any]
    said: str
    """All that Schemathesis printed, with a command that repeats each failure."""


def run_schemathesis(
    url: str,
    environment: Mapping[str, str],
    folder: Path,
    *,
    api_key: str,
    signed: bool,
    examples: int,
    seed: int = 1,
) -> Outcome:
    """Call an API with cases that its document allows, and with cases that it does not.

    Args:
        url: the stage's, with a slash at its end.
        environment: of the process, with AWS credentials where requests are signed.
        folder: for its report.
        api_key: what callers send; empty for none.
        signed: whether requests are signed, too.
        examples: cases of each operation, beside those that cover the document.
        seed: repeats a run.
    """
    caller = {
        "API_KEY": api_key,
        "SIGNED": "1" if signed else "",
        "SCHEMATHESIS_HOOKS": "tests.api_campaign_hooks",
        "PYTHONPATH": str(ROOT),
    }
    report = folder / "schemathesis.json"
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}openapi.json"),
        *("--checks", "all", "--mode", "all", "--continue-on-failure"),
        *("--max-examples", str(examples), "--seed", str(seed), "--workers", "2"),
        *("--report-json-path", str(report), "--no-color"),
    ]
    result = subprocess.run(
        command,
        # Its database of failures, which would otherwise stand in the repository.
        cwd=folder,
        env={**environment, **caller},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = result.stdout + result.stderr
    if not report.exists():
        raise AssertionError(said)
    found = json.loads(report.read_text(encoding="utf-8"))
    problems = [*found["failures"], *found["errors"]]
    if result.returncode != 0 and not problems:
        problems = [said]
    return Outcome(cases=found["test_cases"]["generated"], failures=problems, said=said)
