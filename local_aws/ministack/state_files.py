"""Replaces several files as one: after a crash all of them are new, or all are as they were.

Against the end of the process, not of the machine: nothing is flushed to the disk, which would
take longer than all the rest.
"""

import contextlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path

COMMIT = "commit.json"
"""Says, while it exists, which new files are complete and only have to be put in place."""

_SUFFIX = ".partial"
# Where the files are: a person may have put others, of whatever name, beside these folders.
_FOLDERS = ("ministack", "sagemaker")


def commit(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files.

    Args:
        root: the directory.
        files: their content by their path in it.

    Raises:
        OSError: they cannot be written; none of them has changed.
    """
    try:
        for name, content in files.items():
            partial = _partial(root / name)
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
        marker = _partial(root / COMMIT)
        marker.write_text(json.dumps(list(files)), encoding="utf-8")
        marker.replace(root / COMMIT)
    except OSError:
        for name in (*files, COMMIT):
            with contextlib.suppress(OSError):
                _partial(root / name).unlink(missing_ok=True)
        raise
    _put_in_place(root, files)


def finish_commit(root: Path) -> None:
    """Bring a commit that was cut short to its end, or undo it.

    Raises:
        OSError: the directory cannot be written.
    """
    marker = root / COMMIT
    if marker.exists():
        _put_in_place(root, json.loads(marker.read_text(encoding="utf-8")))
    _partial(root / COMMIT).unlink(missing_ok=True)
    for folder in _FOLDERS:
        for partial in (root / folder).glob(f"*{_SUFFIX}"):
            partial.unlink()


def _put_in_place(root: Path, names: Iterable[str]) -> None:
    for name in names:
        # One that is gone had been put in place before the crash.
        with contextlib.suppress(FileNotFoundError):
            _partial(root / name).replace(root / name)
    (root / COMMIT).unlink()


def _partial(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)
