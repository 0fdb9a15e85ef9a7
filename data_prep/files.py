"""A directory whose files a reader finds all, or not at all, whatever happens meanwhile."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_prep.errors import DataPrepError

TRAIN_FILE = "train.txt"
TEST_FILE = "test.txt"
MANIFEST_FILE = "dataset.json"
REPORT_FILE = "report.html"
_OURS = (TRAIN_FILE, TEST_FILE, MANIFEST_FILE, REPORT_FILE)


@contextmanager
def replaced_directory(target: Path) -> Iterator[Path]:
    """A new directory beside `target`, which takes its place when the block ends well.

    A block that fails leaves `target` as it was. A process that is killed may leave hidden
    directories; the next call for the same target puts them right.

    Raises:
        DataPrepError: `target` cannot be written, or holds files that are not ours to delete.
    """
    target = target.resolve()
    partial = target.with_name(f".{target.name}.partial")
    former = target.with_name(f".{target.name}.former")
    try:
        if former.exists() and not target.exists():
            former.rename(target)
        _check_replaceable(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        for leftover in (partial, former):
            if leftover.exists():
                shutil.rmtree(leftover)
        partial.mkdir()
        try:
            yield partial
            if target.exists():
                target.rename(former)
            partial.rename(target)
            shutil.rmtree(former, ignore_errors=True)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            if former.exists() and not target.exists():
                former.rename(target)
    except OSError as error:
        raise DataPrepError(
            f"cannot write to {error.filename or target}: {error.strerror}. "
            "Choose another directory with --out"
        ) from error


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise DataPrepError(f"{target} is not a directory. Choose another one with --out")
    foreign = sorted(entry.name for entry in target.iterdir())
    foreign = [name for name in foreign if name not in _OURS]
    if foreign:
        raise DataPrepError(
            f"{target} holds other files ({', '.join(foreign[:5])}), and its content would be "
            "replaced. Choose another directory with --out"
        )
