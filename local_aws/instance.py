"""The state directory of an embedded AWS, and the one process that may use it.

A lock that the kernel drops when its holder dies tells a running embedded AWS from
one that was killed; process ids alone cannot, because they are used again.
"""

import fcntl
import json
import os
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from local_aws.advice import command
from local_aws.errors import StateDirectoryError
from local_aws.leftovers import end_leftovers
from local_aws.ministack.state_files import COMMIT
from local_aws.state_marker import check_is_ours, claim, is_unused

# Everything that we write there, but the marker and the lock. `reset` removes these and nothing
# else: a file that a person has put beside them stays.
_OURS = (
    "ministack",
    "s3",
    "sagemaker",
    "tmp",
    "local_aws.log",
    "events.log",
    "instance.json",
    COMMIT,
)
_POLL_S = 0.05


@dataclass(frozen=True)
class Instance:
    """A running embedded AWS."""

    pid: int
    port: int
    log_file: str

    @property
    def url(self) -> str:
        """Its URL for `AWS_ENDPOINT_URL`."""
        return f"http://127.0.0.1:{self.port}"


class StateDirectory:
    """Where an embedded AWS keeps its state, and says that it runs."""

    def __init__(self, path: Path) -> None:
        """Look at a state directory, which need not exist."""
        self.path = path.resolve()
        self.log_file = self.path / "local_aws.log"
        self.events_file = self.path / "events.log"
        self._instance_file = self.path / "instance.json"
        self._lock_file = self.path / "lock"
        self._lock: IO[str] | None = None

    def acquire(self) -> int | None:
        """Become the one process that uses this directory, and clean up after a killed one.

        Returns:
            The id of the process that had been killed, or None.

        Raises:
            StateDirectoryError: another process uses it, it cannot be written, or it is in
                use for something else.
        """
        try:
            claim(self.path)
            lock = self._lock_file.open("a+")
        except OSError as error:
            raise StateDirectoryError(
                f"The state directory {self.path} cannot be written ({error.strerror})."
                " Name another with --state, or make it writable."
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            running = self._recorded()
            where = f" at {running.url}, process {running.pid}" if running else ""
            raise StateDirectoryError(
                f"The embedded AWS of {self.path} is already running{where}. Use it, or stop it"
                f" first: {command('down', self.path)}"
            ) from None
        self._lock = lock
        return self._clean_up()

    @property
    def lock_descriptor(self) -> int:
        """What a child has to be given to `inherit` this directory; it must be acquired."""
        if self._lock is None:
            raise ValueError(f"{self.path} is not acquired")
        return self._lock.fileno()

    def inherit(self, descriptor: int) -> None:
        """Become the process that uses this directory, from a parent that has acquired it.

        The kernel's lock belongs to the open file: it stays for as long as one of both has it.
        """
        os.set_inheritable(descriptor, False)
        self._lock = os.fdopen(descriptor, "a+")

    def announce(self, port: int) -> None:
        """Say that this process serves, and where."""
        instance = Instance(os.getpid(), port, str(self.log_file))
        partial = self._instance_file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(instance)), encoding="utf-8")
        partial.replace(self._instance_file)

    def withdraw(self) -> None:
        """Say that this process no longer serves; it keeps the directory until it ends."""
        self._instance_file.unlink(missing_ok=True)

    def hand_over(self) -> None:
        """Leave the directory to the child that has inherited it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def release(self) -> None:
        """Give the directory up, if this process uses it."""
        if self._lock is not None:
            self.withdraw()
            self.hand_over()

    def running(self) -> Instance | None:
        """The embedded AWS that uses this directory now and serves, if any.

        Raises:
            StateDirectoryError: the directory is in use for something else.
        """
        check_is_ours(self.path)
        return self._recorded() if self.is_locked() else None

    def is_locked(self) -> bool:
        """Whether a living process uses this directory."""
        if not self._lock_file.exists():
            return False
        with self._lock_file.open() as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def wait_until_free(self, timeout_s: float) -> bool:
        """Wait until no process uses this directory; False when one still does."""
        deadline = time.monotonic() + timeout_s
        while self.is_locked():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def clean_up_if_stale(self) -> int | None:
        """Clean up after a process that was killed; returns its id, or None."""
        if not self._instance_file.exists():
            return None
        killed = self.acquire()
        self.release()
        return killed

    def is_unused(self) -> bool:
        """Whether there is nothing in it, or no such directory.

        Raises:
            StateDirectoryError: it is a file, or cannot be read.
        """
        return is_unused(self.path)

    def erase(self) -> None:
        """Remove all state; the directory must be acquired."""
        for name in _OURS:
            path = self.path / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def _recorded(self) -> Instance | None:
        try:
            return Instance(**json.loads(self._instance_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _clean_up(self) -> int | None:
        stale = self._recorded()
        # Also without that file: it may have been killed before it said that it serves.
        end_leftovers(self.path)
        self._instance_file.unlink(missing_ok=True)
        # Files of running Lambda functions, training jobs and served models: they are of
        # no use to another process, whether or not the last one could remove them.
        shutil.rmtree(self.path / "tmp", ignore_errors=True)
        for scratch in self.path.glob("sagemaker/*/*/*"):
            shutil.rmtree(scratch, ignore_errors=True)
        return stale.pid if stale else None
