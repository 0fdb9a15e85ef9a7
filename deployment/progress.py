"""Steps with a name, a sign of life and a time, on a terminal and in a log alike."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status

console = Console(highlight=False, soft_wrap=True)


class Step:
    """A running step; `note` shows what it is doing at the moment."""

    def __init__(self, title: str, status: Status | None) -> None:
        self._title = title
        self._status = status
        self.result = ""
        self.failed = False
        """Whether the step, though it came to its end, has found something wrong."""

    def note(self, text: str) -> None:
        """Show the latest event beside the step's title (on a terminal only)."""
        if self._status is not None:
            self._status.update(f"{self._title} [dim]{text[:100]}[/dim]")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        console.print(f"    {text}", markup=False)


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Announce a step, and its time once it is done. A failed step's time is shown, too."""
    started = time.monotonic()
    status = Status(title, console=console) if console.is_terminal else None
    running = Step(title, status)
    if status is not None:
        status.start()
    else:
        console.print(f"[dim]…[/dim] {title}")
    mark = "[red]✗[/red]"
    try:
        yield running
        if not running.failed:
            mark = "[green]✓[/green]"
    finally:
        if status is not None:
            status.stop()
        seconds = time.monotonic() - started
        result = f": {running.result}" if running.result else ""
        console.print(f"{mark} {title}{result} [dim]({seconds:.1f} s)[/dim]")
