"""One command at a time for each tier and checkout."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deployment.errors import WorkFailedError


@contextmanager
def only_command(tier: str, folder: Path) -> Iterator[None]:
    """Keep a tier's templates and stacks to one command, for as long as the block lasts.

    Two at once would write one another's templates while they are read. The system gives the lock
    back whatever becomes of the process, so that nothing needs to be removed after a SIGKILL.

    Args:
        tier: its name.
        folder: where every tier's templates are; it gets a file for the lock.

    Raises:
        WorkFailedError: another command holds the lock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f".{tier}.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise WorkFailedError(
                f"Another command works on {tier} already (process {lock.read().strip()}). Wait "
                "until it is through, or end it with Ctrl-C where it was started."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
