"""One command at a time for each tier."""

import subprocess
import sys
from pathlib import Path

import pytest

from deployment.errors import WorkFailedError
from deployment.tier_lock import only_command
from stacks.repository import ROOT

HOLDS = """
import sys
from pathlib import Path
from deployment.tier_lock import only_command
with only_command("Alice", Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_second_command_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        with (
            pytest.raises(WorkFailedError, match=rf"works on Alice already \(process {first.pid}"),
            only_command("Alice", tmp_path),
        ):
            pass
        with only_command("Bob", tmp_path):
            pass
        first.kill()
    with only_command("Alice", tmp_path):
        pass
