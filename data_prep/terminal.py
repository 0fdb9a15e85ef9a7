"""What a person sees: progress and times on standard error, the account on standard output."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    TextColumn,
)
from rich.table import Table

from data_prep.dataset import Dataset


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
    for dropped, count in dataset.dropped.most_common():
        table.add_row(f"  dropped: {dropped}", f"{count:,}")
    for bad in sorted(dataset.bad.counts):
        table.add_row(f"  bad: {bad}", f"{dataset.bad.counts[bad]:,}")
    kept = dataset.train_labels.total() + dataset.test_labels.total()
    table.add_row("kept", f"{kept:,}")
    for name, labels in (("train", dataset.train_labels), ("test", dataset.test_labels)):
        table.add_row(f"  {name}.txt", f"{labels.total():,}")
        for label in sorted(labels):
            table.add_row(f"    {label}", f"{labels[label]:,}")
    for kind, lines in dataset.added.items():
        if lines:
            table.add_row(f"added to train.txt: {kind}", f"{lines:,}")
    console = Console(highlight=False, markup=False, soft_wrap=True)
    console.print(table)
    for bad in sorted(dataset.bad.counts):
        console.print(f"{bad}, for example:")
        for row in dataset.bad.examples[bad]:
            example = row.example()
            console.print(f"  {example['where']}: {example['text']!r}")
