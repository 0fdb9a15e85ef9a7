"""`python -m tests.audit`: known vulnerabilities in what is pinned.

pip-audit asks PyPI about the lock files, and `npm audit` asks npm. A mirror often knows neither
question: that is said, and is no failure. A vulnerability is.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from stacks.repository import ROOT

PIP_AUDIT = "pip-audit==2.10.1"
LOCKS = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-spark.txt",
    "lambdas/sentiment_api/requirements.txt",
    "lambdas/training_job/requirements.txt",
    "lambdas/evaluation/requirements.txt",
)
TIMEOUT_SECONDS = 120


def main() -> int:
    """Ask both registries; 1 if either knows of a vulnerability."""
    problems = [*python_problems(), *node_problems()]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


def python_problems() -> list[str]:
    """What PyPI knows of the Python packages."""
    files = [word for lock in LOCKS for word in ("-r", lock)]
    said = _run(
        ["uvx", PIP_AUDIT, "--disable-pip", "--no-deps", "--format", "json", *files], "pip-audit"
    )
    found = said.get("dependencies", [])
    audited = [one for one in found if "vulns" in one]
    if not audited:
        print("pip-audit: the package index answers no questions on vulnerabilities.")
    return [
        f"{one['name']} {one['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one in audited
        for vulnerability in one["vulns"]
    ]


def node_problems() -> list[str]:
    """What npm knows of the CDK CLI's packages."""
    said = _run(["npm", "audit", "--package-lock-only", "--json"], "npm audit")
    if "vulnerabilities" not in said:
        print("npm audit: the registry answers no questions on vulnerabilities.")
    return [
        f"{name}: {one.get('severity')}, versions {one.get('range')}"
        for name, one in said.get("vulnerabilities", {}).items()
    ]


def _run(command: Sequence[str], name: str) -> dict[str, Any]:
    try:
        ran = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
        answer = json.loads(ran.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        print(f"{name}: no answer ({type(error).__name__}).")
        return {}
    return answer if isinstance(answer, dict) else {}


if __name__ == "__main__":
    sys.exit(main())
