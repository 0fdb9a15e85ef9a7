"""Child programs that an interruption ends, in whatever moment it comes."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)
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

    It has a process group of its own: a terminal's Ctrl-C reaches only us. A block that ends by an
    exception, an interruption above all, ends the program and all that it has started, by SIGTERM
    and soon after by SIGKILL; in any case it is waited for.

    Args:
        command: the program and its arguments.
        options: of subprocess.Popen.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with interruptions_held():
            process = subprocess.Popen(command, text=True, process_group=0, **options)
        yield process
    except BaseException:
        if process is not None:
            _end_group(process)
        raise
    finally:
        if process is not None:
            with process:  # closes its pipes and waits
                pass


def _end_group(process: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + _GRACE_S
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        while time.monotonic() < deadline:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(_POLL_S)
        os.killpg(process.pid, signal.SIGKILL)
