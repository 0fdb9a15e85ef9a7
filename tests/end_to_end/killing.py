"""Kills commands at random moments, and compares what comes of running them again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stacks.repository import ROOT

SEED_VARIABLE = "KILL_SEED"
"""Set it to the seed that a failed test printed, to have the same moments again."""


@dataclass(frozen=True)
class Command:
    """A Python program of the product's, in a process group of its own."""

    arguments: Sequence[str]
    """Of the interpreter: `-m data_prep …`."""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def run(self) -> float:
        """To its end; returns how many seconds it took."""
        started = time.monotonic()
        process = self.start()
        output, _ = process.communicate(timeout=300)
        seconds = time.monotonic() - started
        assert process.returncode == 0, output
        assert_group_ends(process.pid)
        return seconds

    def run_until(self, seconds: float) -> bool:
        """Kill the whole group at a moment; returns whether it was still running."""
        process = self.start()
        try:
            process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            assert_group_ends(process.pid)
            return True
        return False

    def start(self) -> "subprocess.Popen[str]":
        """Without waiting for it."""
        return subprocess.Popen(
            [sys.executable, *self.arguments],
            cwd=ROOT,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def assert_group_ends(group: int, *, seconds: float = 10) -> None:
    """No process of a group whose leader has ended outlives it for long."""
    deadline = time.monotonic() + seconds
    while _is_alive(group):
        assert time.monotonic() < deadline, f"process group {group} has members"
        time.sleep(0.05)


def _is_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def moments(count: int) -> Iterator[float]:
    """Fractions of a command's time, one from each part of it; prints how to have them again."""
    seed = int(os.environ.get(SEED_VARIABLE) or random.SystemRandom().randrange(2**32))
    print(f"{SEED_VARIABLE}={seed}")
    chance = random.Random(seed)  # noqa: S311 - moments are no secret
    for part in range(count):
        yield (part + chance.random()) / count


def assert_kills_do_no_harm(
    command: Command, *, result: Callable[[], object], undo: Callable[[], None], kills: int
) -> None:
    """Run a command undisturbed, then killed and run again, several times.

    Args:
        command: What is killed.
        result: Everything that a run leaves behind, in a form that can be compared.
        undo: Removes what a run leaves behind.
        kills: How often.
    """
    undo()
    seconds = command.run()
    expected = result()
    killed = 0
    for moment in moments(kills):
        undo()
        killed += command.run_until(moment * seconds)
        command.run()
        assert result() == expected, f"killed after {moment:.3f} of its time"
    assert killed, "every run was over before it could be killed"


def content_of(folder: Path) -> dict[str, bytes | None]:
    """Every file and directory below a folder, hidden ones too, with the files' content."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
