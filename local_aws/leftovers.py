"""Finds and ends processes that an embedded AWS left behind when it was killed.

Training and serving processes end by themselves when we are gone, and so do idle
Lambda workers; what is left is a process that was busy. It is provably ours when its
environment names our state directory, which we set in no other process.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from local_aws.environment import OWNER_VARIABLE

_GRACE_S = 2.0
_POLL_S = 0.05


def owned_processes(state: Path) -> list[int]:
    """The ids of the processes that the embedded AWS of this state directory started."""
    marker = f"{OWNER_VARIABLE}={state}"
    return [pid for pid, variables in _environments() if marker in variables and pid != os.getpid()]


def end_leftovers(state: Path) -> int:
    """End every leftover process: SIGTERM, then SIGKILL; returns how many there were."""
    found = owned_processes(state)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in owned_processes(state):
            _send(pid, number)
        deadline = time.monotonic() + _GRACE_S
        while owned_processes(state) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
    return len(found)


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        # It ended between our look and now.
        return


def _environments() -> Iterator[tuple[int, list[str]]]:
    """The id and the `NAME=value` strings of each process that we may look at."""
    if sys.platform == "linux":
        for directory in Path("/proc").glob("[0-9]*"):
            try:
                content = (directory / "environ").read_bytes()
            except OSError:
                continue
            yield int(directory.name), content.decode(errors="replace").split("\0")
        return
    listing = subprocess.run(
        ["ps", "eww", "-axo", "pid=,command="], capture_output=True, text=True, check=False
    )
    for line in listing.stdout.splitlines():
        pid, *words = line.split()
        yield int(pid), words
