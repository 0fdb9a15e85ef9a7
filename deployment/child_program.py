"""Child programs that an interruption ends, in whatever moment it comes."""

import contextlib
import os
import signal
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)
MARKER = "SENTIMENT_COMMAND"
"""The variable by which a program and all that it has started are known."""
_GRACE_S = 5.0
_POLL_S = 0.05


@contextmanager
def interruptions_held() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block is over.

    For the start of a child: Python's handlers run between any two instructions, and one that
    raised between the child's start and the assignment of what stands for it would leave the
    child without an owner.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's affair
        return
    arrived: list[int] = []
    former = {number: signal.getsignal(number) for number in _INTERRUPTIONS}
    for number in _INTERRUPTIONS:
        signal.signal(number, lambda number, _: arrived.append(number))
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
    for one in arrived:
        signal.raise_signal(one)


@contextmanager
def child_program(command: Sequence[str], **options: Any) -> Iterator["subprocess.Popen[str]"]:
    """A program whose output is text, for as long as the block lasts.

    A block that ends by an exception, an interruption above all, ends the program and all that it
    has started, by SIGTERM and soon after by SIGKILL; in any case it is waited for. What it has
    started is found by a variable in its environment (on Linux; elsewhere only the program ends),
    also where its parent has gone before.

    Args:
        command: the program and its arguments.
        options: of subprocess.Popen.
    """
    process: subprocess.Popen[str] | None = None
    mark = uuid.uuid4().hex
    try:
        with interruptions_held():
            options["env"] = {**(options.get("env") or os.environ), MARKER: mark}
            process = subprocess.Popen(command, text=True, **options)
        yield process
    except BaseException:
        if process is not None:
            _end(process, mark)
        raise
    finally:
        if process is not None:
            with process:  # closes its pipes and waits
                pass


def _end(process: "subprocess.Popen[str]", mark: str) -> None:
    deadline = time.monotonic() + _GRACE_S
    process.terminate()
    _signal(signal.SIGTERM, mark)
    while _marked(mark) or process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            _signal(signal.SIGKILL, mark)
            return
        time.sleep(_POLL_S)


def _signal(number: signal.Signals, mark: str) -> None:
    for pid in _marked(mark):
        # It may have ended between our look and now.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _marked(mark: str) -> list[int]:
    """The processes that the program has started, itself among them; none outside Linux."""
    wanted, found = f"{MARKER}={mark}".encode(), []
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (directory / "environ").read_bytes().split(b"\0"):
                found.append(int(directory.name))
    return found
