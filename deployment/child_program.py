"""Child programs that an interruption ends, in whatever moment it comes."""

import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM)


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

    A block that ends by an exception, an interruption above all, ends the program by SIGTERM;
    in any case it is waited for.

    Args:
        command: the program and its arguments.
        options: of subprocess.Popen.
    """
    process: subprocess.Popen[str] | None = None
    try:
        with interruptions_held():
            process = subprocess.Popen(command, text=True, **options)
        yield process
    except BaseException:
        if process is not None:
            process.terminate()
        raise
    finally:
        if process is not None:
            with process:  # closes its pipes and waits
                pass
