"""What a person sees: progress and times on standard error, the account on standard output."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
)
from rich.table import Table

from data_prep.dataset import Dataset

Item = TypeVar("Item")


def _stderr() -> Console:
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def step(name: str) -> Iterator[None]:
    """Says how long a step took, once it has ended well."""
    start = time.perf_counter()
    yield
    _stderr().print(f"{name:<48}{time.perf_counter() - start:6.1f} s")


def track(items: Iterable[Item], name: str) -> Iterator[Item]:
    """Passes the items on, behind a bar that disappears when they are through.

    Items without a length get a count and a moving bar.
    """
    with _bar(MofNCompleteColumn(), _stderr()) as progress:
        yield from progress.track(items, description=name)


@contextmanager
def byte_progress(name: str, *, total: int, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A bar over `total` bytes; what it yields takes the size of each part that is through."""
    with _bar(DownloadColumn(), _stderr(), quiet=quiet) as progress:
        task = progress.add_task(name, total=total)
        yield lambda size: progress.advance(task, size)


def _bar(count: ProgressColumn, console: Console, *, quiet: bool = False) -> Progress:
    """A bar that clears itself away; none where nobody sees it move, such as in a log file."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), count)
    disable = quiet or not console.is_terminal
    return Progress(*columns, console=console, transient=True, disable=disable)


def print_account(dataset: Dataset) -> None:
    """One table: what became of every row."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_row("rows in", f"{dataset.rows_in:,}")
    for reason, count in dataset.dropped.most_common():
        table.add_row(f"  dropped: {reason}", f"{count:,}")
    table.add_row("kept", f"{len(dataset.train) + len(dataset.test):,}")
    for name, labels in (("train", dataset.train_labels), ("test", dataset.test_labels)):
        table.add_row(f"  {name}.txt", f"{labels.total():,}")
        for label in sorted(labels):
            table.add_row(f"    {label}", f"{labels[label]:,}")
    Console(highlight=False, markup=False).print(table)
