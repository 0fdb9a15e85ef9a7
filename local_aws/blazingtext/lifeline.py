"""Ends a program when the process that started it has gone.

The parent holds the write end of our standard input. The kernel closes it when
the parent ends, however that happens, so end of file means that nobody is left
who could use our result.
"""

import os
import threading
from collections.abc import Callable


def on_stdin_eof(action: Callable[[], object]) -> None:
    """Call `action` once, on a thread of its own, when standard input reaches its end."""

    def follow() -> None:
        # Not sys.stdin: its lock would still be held when the interpreter exits.
        while os.read(0, 4096):
            pass
        action()

    threading.Thread(target=follow, name="lifeline", daemon=True).start()
