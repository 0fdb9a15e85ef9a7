"""An interruption never leaves a child program behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from deployment.child_program import child_program, interruptions_held

WAITS = [sys.executable, "-c", "print('up', flush=True); import time; time.sleep(60)"]


def is_gone(pid: int) -> bool:
    """Whether a process has ended, waited for by somebody or not."""
    try:
        return " Z " in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True


@pytest.fixture(autouse=True)
def interrupting() -> Iterator[None]:
    """SIGTERM raises here, too, as in the programs of this product."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    former = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, former)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_waits_until_the_block_is_over(number: signal.Signals) -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), interruptions_held():
        os.kill(os.getpid(), number)
        done.append("the rest of the block")
    assert done == ["the rest of the block"]


def test_handlers_are_as_before_after_the_block() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with interruptions_held():
        pass
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_interrupted_block_ends_the_program() -> None:
    with pytest.raises(KeyboardInterrupt), child_program(WAITS, stdout=subprocess.PIPE) as program:
        os.kill(os.getpid(), signal.SIGINT)
    assert program.returncode == -signal.SIGTERM


def test_interrupted_block_ends_what_the_program_has_started() -> None:
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script]
    with (
        pytest.raises(KeyboardInterrupt),
        child_program(command, stdout=subprocess.PIPE) as program,
    ):
        assert program.stdout is not None
        grandchild = int(program.stdout.readline())
        os.kill(os.getpid(), signal.SIGINT)
    assert is_gone(grandchild)


def test_interrupted_block_ends_what_has_lost_its_parent() -> None:
    script = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True); os._exit(0)"
    )
    with (
        pytest.raises(KeyboardInterrupt),
        child_program([sys.executable, "-c", script], stdout=subprocess.PIPE) as program,
    ):
        assert program.stdout is not None
        orphan = int(program.stdout.readline())
        program.wait()
        os.kill(os.getpid(), signal.SIGINT)
    assert is_gone(orphan)


def test_program_of_a_block_that_ends_well_is_waited_for() -> None:
    with child_program([sys.executable, "-c", "raise SystemExit(3)"]) as program:
        pass
    assert program.returncode == 3


def test_interruption_at_the_very_start_leaves_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Interrupted(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            started.append(self)
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt), child_program(WAITS, stdout=subprocess.PIPE):
        pass
    assert started[0].returncode == -signal.SIGTERM
