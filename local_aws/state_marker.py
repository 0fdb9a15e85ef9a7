"""Tells our state directory from a directory that was named by mistake, before anything is done.

What we delete on a start and on `reset` has ordinary names (`tmp`, `s3`), so a directory is used
only if it was empty when we first used it, which a marker file in it says.
"""

import os
from pathlib import Path

from local_aws.errors import StateDirectoryError

MARKER = "local_aws.state"
"""The marker file's name."""

_FIRST_LINE = "This directory is the state of an embedded AWS (python -m local_aws)."
_CONTENT = f"""{_FIRST_LINE}
The folders ministack, s3, sagemaker and tmp belong to it, with everything in them.
Without this file, the embedded AWS refuses the directory.
"""
_LOCK = "lock"


def is_unused(directory: Path) -> bool:
    """Whether a directory is missing or empty, so that there is nothing in it to lose.

    Raises:
        StateDirectoryError: it is a file, or cannot be read.
    """
    try:
        # Empty files under our own names are there after a start that was cut short at once.
        with os.scandir(directory) as entries:
            return all(
                entry.name in {MARKER, _LOCK}
                and entry.is_file(follow_symlinks=False)
                and entry.stat().st_size == 0
                for entry in entries
            )
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        if not directory.exists():
            # Something above it is a file, which whoever makes it will find.
            return True
        raise StateDirectoryError(
            f"{directory} is a file: name a directory with --state."
        ) from None
    except OSError as error:
        raise StateDirectoryError(
            f"The state directory {directory} cannot be read ({error.strerror})."
            " Name another with --state, or make it readable."
        ) from error


def check_is_ours(directory: Path) -> None:
    """Refuse a directory that is in use for something else; nothing is changed.

    Raises:
        StateDirectoryError: it is neither missing, nor empty, nor the state of an embedded AWS.
    """
    if not (is_unused(directory) or _is_marked(directory) or _is_of_former_version(directory)):
        raise StateDirectoryError(
            f"{directory} is not the state of an embedded AWS, and not empty: nothing in it was"
            " changed. Name a new or empty directory with --state."
        )


def claim(directory: Path) -> None:
    """Make a directory ours.

    Raises:
        StateDirectoryError: it is in use for something else.
        OSError: it cannot be written.
    """
    check_is_ours(directory)
    if _is_marked(directory):
        return
    directory.mkdir(parents=True, exist_ok=True)
    marker = directory / MARKER
    try:
        marker.write_text(_CONTENT, encoding="utf-8")
    except OSError:
        marker.unlink(missing_ok=True)
        raise


def _is_marked(directory: Path) -> bool:
    marker = directory / MARKER
    try:
        with marker.open(encoding="utf-8") as file:
            return not marker.is_symlink() and file.readline().rstrip("\n") == _FIRST_LINE
    except (OSError, UnicodeDecodeError):
        return False


def _is_of_former_version(directory: Path) -> bool:
    """One that was made before there was a marker: by our lock file beside both our folders."""
    lock = directory / _LOCK
    return (
        _is_file(lock)
        and lock.stat().st_size == 0
        and _is_folder(directory / "ministack")
        and _is_file(directory / "sagemaker" / "sagemaker.json")
    )


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
