"""What a deployment needs of this machine: Python, Node, the CDK CLI, disk."""

import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deployment.doctor.finding import Finding, fine, notice, problem
from stacks.repository import ROOT

PYTHON_MINIMUM = (3, 11)
NODE_MINIMUM = 22
"""What the CDK CLI of package.json is tested with; `make setup` installs Node where it is older."""
DISK_BYTES = 1024**3
"""A tier's functions are bundled into 45 MB, from wheels of three times that; the prepared sample
takes 200 MB. The rest is room for both to be made anew beside what is there."""
_ANSWER_SECONDS = 20
_SETUP = "make setup"


def python_version() -> Finding:
    """The Python that runs this."""
    version = platform.python_version()
    if sys.version_info < PYTHON_MINIMUM:
        return problem("Python", f"{version}, and 3.11 is needed", "make setup PYTHON=python3.12")
    return fine("Python", version)


def node_version() -> Finding:
    """The Node that the CDK CLI runs on."""
    said = _first_line(["node", "--version"])
    found = re.match(r"v(\d+)\.", said)
    if not found:
        return problem("Node", said or "there is no `node` on the path", _SETUP)
    if int(found[1]) < NODE_MINIMUM:
        return problem("Node", f"{said}, and Node {NODE_MINIMUM} is needed", f"rm -rf .venv/.node "
                       f"node_modules && {_SETUP}")  # fmt: skip
    return fine("Node", said.removeprefix("v"))


def cdk_version() -> Finding:
    """The CDK CLI, against the one that this project is tested with.

    An older one may refuse what the CDK library writes, and one of another major version does.
    """
    pinned = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    wanted = _numbers(pinned["dependencies"]["aws-cdk"])
    said = _installed_cdk() or _first_line(["cdk", "--version"])
    found = _numbers(said)
    if not found:
        return problem("CDK CLI", said or "there is no `cdk` on the path", _SETUP)
    name, tested = ".".join(map(str, found)), ".".join(map(str, wanted))
    if found[0] != wanted[0] or found < wanted:
        mend = f"{_SETUP} && source .venv/bin/activate && export PATH=$PWD/node_modules/.bin:$PATH"
        return problem("CDK CLI", f"{name}; this project is tested with {tested}", mend)
    if found != wanted:
        return notice("CDK CLI", f"{name}; this project is tested with {tested}")
    return fine("CDK CLI", name)


def free_disk(folder: Path = ROOT) -> Finding:
    """Room for templates, bundles and the sample."""
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:.1f} GiB free in {folder}"
    if free < DISK_BYTES:
        return problem("disk", f"{said}, and a deployment needs 1 GiB", "rm -rf cdk.out .cache")
    return fine("disk", said)


def _installed_cdk() -> str:
    """The version in the CLI's own package.json, without a second of Node; empty if there is none.

    What is on the path leads to it: npm links `bin/cdk` of the package.
    """
    program = shutil.which("cdk")
    manifest = Path(program).resolve().parent.parent / "package.json" if program else None
    if manifest is None or not manifest.is_file():
        return ""
    package = json.loads(manifest.read_text(encoding="utf-8"))
    return str(package.get("version", "")) if package.get("name") == "aws-cdk" else ""


def _numbers(text: str) -> tuple[int, ...]:
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(map(int, found.groups())) if found else ()


def _first_line(command: Sequence[str]) -> str:
    """What a program says of its version; empty where there is no such program."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        answer = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_ANSWER_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"`{' '.join(command)}` does not run: {error}"
    lines = (answer.stdout or answer.stderr).strip().splitlines()
    return lines[0] if lines else ""
