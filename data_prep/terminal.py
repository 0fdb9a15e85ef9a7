"""What a person sees: progress and times on standard error, the account on standard output."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from tier_layout.few_texts import suited


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def step(name: str, result: Callable[[], str] = str) -> Iterator[None]:
    """Says how long a step took, and what it came to, once it has ended well."""
    start = time.perf_counter()
    yield
    done = f"{name} {result()}"
    _stderr().print(f"{done:<48}{time.perf_counter() - start:6.1f} s")


@contextmanager
def byte_progress(name: str, *, total: int, quiet: bool = False) -> Iterator[Callable[[int], None]]:
    """A bar over `total` bytes; what it yields takes the size of each part that is through."""
    counts = (DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(compact=True))
    with _bar(*counts, console=_stderr(), quiet=quiet) as progress:
        task = progress.add_task(name, total=total)
        yield lambda size: progress.advance(task, size)


@contextmanager
def fold_progress(name: str, *, total: int) -> Iterator[Callable[[int], None]]:
    """A bar over `total` folds; what it yields takes how many more are through."""
    with _bar(MofNCompleteColumn(), TimeElapsedColumn(), console=_stderr()) as progress:
        task = progress.add_task(name, total=total)
        yield lambda count: progress.advance(task, count)


def _bar(*counts: ProgressColumn, console: Console, quiet: bool = False) -> Progress:
    """A bar that clears itself away; none where nobody sees it move, such as in a log file."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(bar_width=16), *counts)
    disable = quiet or not console.is_terminal
    return Progress(*columns, console=console, transient=True, disable=disable)


class Activity:
    """Something that goes on elsewhere: what it is doing, and what it says."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress, self._name, self._state = progress, name, ""
        self._task = progress.add_task(name, total=None)

    def state(self, state: str) -> None:
        """Shows what it is doing: beside the time on a terminal, else as a line at each change."""
        if state != self._state and self._progress.disable:
            self.say(f"{self._name}: {state}")
        self._state = state
        self._progress.update(self._task, description=f"{self._name}: {state}")

    def say(self, line: str) -> None:
        """Prints a line that stays."""
        self._progress.console.print(line)


@contextmanager
def activity(name: str) -> Iterator[Activity]:
    """A name, a state and the time that it has taken, until the block ends."""
    console = _stderr()
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield Activity(progress, name)


def print_account(manifest: Mapping[str, Any]) -> None:
    """One table: what became of every row.

    Args:
        manifest: the content of `dataset.json`.
    """
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_row("rows in", f"{manifest['rows_in']:,}")
    for dropped, count in sorted(manifest["dropped"].items(), key=lambda entry: -entry[1]):
        table.add_row(f"  dropped: {dropped}", f"{count:,}")
    for reason, bad in manifest["bad"].items():
        table.add_row(f"  bad: {reason}", f"{bad['count']:,}")
    table.add_row("kept", f"{sum(manifest['rows_out'].values()):,}")
    for name, labels in manifest["labels"].items():
        table.add_row(f"  {name}.txt", f"{manifest['rows_out'][name]:,}")
        for label, count in labels.items():
            table.add_row(f"    {label}", f"{count:,}")
    for kind, lines in manifest["added_to_train"].items():
        if lines:
            table.add_row(f"added to train.txt: {kind}", f"{lines:,}")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(table)
    if "validation" not in manifest["rows_out"]:
        console.print(
            "There is no validation.txt: early stopping will look at test.txt, and its accuracy be "
            "optimistic."
        )
    if chosen := suited(manifest["rows_out"]["train"]):
        listed = ", ".join(f"{name} {value}" for name, value in chosen.items())
        console.print(
            f"These are few texts: `deploy`, `retrain` and `upload` train on them with {listed}, "
            "unless you give one of these. `prepare --estimate` says what to expect."
        )
    for reason, bad in manifest["bad"].items():
        console.print(f"{reason}, for example:")
        for example in bad["examples"]:
            console.print(f"  {example['where']}: {example['text']!r}")
