"""One writer at a time, without a trace: the operating system ends a killed process' claim."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_prep.errors import DataPrepError


@contextmanager
def claimed(target: Path) -> Iterator[None]:
    """Nobody else has the claim to write `target` while the block runs.

    Held by a lock on a hidden file beside it, which is removed with the claim. A killed process
    leaves the file, not the lock, and the next claim removes it.

    Raises:
        DataPrepError: another process has the claim.
        OSError: the hidden file cannot be made.
    """
    file = target.with_name(f".{target.name}.lock")
    descriptor = _locked(file, target)
    try:
        yield
    finally:
        # In this order: once the lock is free, the file under this name may be somebody else's.
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(file: Path, target: Path) -> int:
    while True:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(file, descriptor):
                return descriptor
        except BlockingIOError as error:
            os.close(descriptor)
            raise DataPrepError(
                f"another process is writing {target}. Wait for it to end, or choose another place "
                "with --out"
            ) from error
        except BaseException:
            os.close(descriptor)
            raise
        # The one before us has removed it since we opened it: the next claim is on a new file.
        os.close(descriptor)


def _is_still(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(file.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
