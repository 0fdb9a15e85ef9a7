"""A moment in the future, as a value that tests can replace."""

import threading
from collections.abc import Callable

Alarm = Callable[[float, Callable[[], None]], Callable[[], None]]
"""Takes seconds and what to do then; returns what calls it off."""


def daemon_alarm(seconds: float, action: Callable[[], None]) -> Callable[[], None]:
    """An alarm on a thread of its own, which does not outlive the process."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()
    return timer.cancel
