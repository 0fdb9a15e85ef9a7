"""Files that a reader finds whole, or not at all, whatever happens to their writer."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_prep.dataset.lock import claimed
from data_prep.errors import DataPrepError
from data_prep.reading.shown import printable
from tier_layout.bucket import MANIFEST_FILE, TEST_FILE, TRAIN_FILE, VALIDATION_FILE

REPORT_FILE = "report.html"
_OURS = (TRAIN_FILE, VALIDATION_FILE, TEST_FILE, MANIFEST_FILE, REPORT_FILE)


@contextmanager
def replaced_directory(target: Path) -> Iterator[Path]:
    """A new directory beside `target`, which takes its place when the block ends well.

    A block that fails leaves `target` as it was. A process that is killed may leave hidden
    entries beside it; the next call for the same target puts them right.

    Raises:
        DataPrepError: `target` cannot be written, holds files that are not ours to delete, or
            another process is writing it.
    """
    target = _with_a_name(target, "directory")
    partial = target.with_name(f".{target.name}.partial")
    former = target.with_name(f".{target.name}.former")
    with _plain_errors(target, "directory"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with claimed(target):
            if former.exists() and not target.exists():
                former.rename(target)
            _check_replaceable(target)
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


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """The same for a single file; the block writes the file that it is given.

    Raises:
        DataPrepError: `target` cannot be written, or another process is writing it.
    """
    target = _with_a_name(target, "file")
    partial = target.with_name(f".{target.name}.partial")
    with _plain_errors(target, "file"), claimed(target):
        try:
            yield partial
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def _with_a_name(target: Path, kind: str) -> Path:
    """Where it is; beside the root of all there is no place to make it in."""
    target = target.resolve()
    if not target.name:
        raise DataPrepError(f"cannot write {target}: choose another {kind} with --out")
    return target


@contextmanager
def _plain_errors(target: Path, kind: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataPrepError(
            f"cannot write {printable(str(target))}: {error.strerror}. Choose another {kind} with "
            "--out"
        ) from error


def _check_replaceable(target: Path) -> None:
    if not target.exists():
        return
    shown = printable(str(target))
    if not target.is_dir():
        raise DataPrepError(f"{shown} is not a directory. Choose another one with --out")
    foreign = sorted(entry.name for entry in target.iterdir() if not _is_ours(entry.name))
    if foreign:
        raise DataPrepError(
            f"{shown} holds other files ({', '.join(map(printable, foreign[:5]))}), and its "
            "content would be replaced. Choose another directory with --out"
        )


def _is_ours(name: str) -> bool:
    """Also what a killed `report` leaves beside its page."""
    return name in _OURS or name in (f".{REPORT_FILE}.partial", f".{REPORT_FILE}.lock")
