"""Saves state in the background, soon after it has changed and never so often that it is felt."""

import logging
import threading
import time
from collections.abc import Callable

from local_aws.errors import StateNotSavedError

# From the start of one save to that of the next: what has changed is lost for a second and the
# length of a save at most. A save costs what has changed, so it needs no pause that grows with it.
_INTERVAL_S = 1.0

_log = logging.getLogger(__name__)


class StateSaver:
    """A thread that saves after changes; a save that fails is reported once, and tried again."""

    def __init__(
        self,
        save: Callable[[], bool],
        report: Callable[[str], None],
        *,
        interval_s: float = _INTERVAL_S,
    ) -> None:
        """Prepare to save.

        Args:
            save: saves everything that has changed since it was called last; returns whether
                anything had.
            report: takes one line for each event that a person cares about.
            interval_s: the shortest time from the start of one save to that of the next, in
                seconds.
        """
        self._save_changes, self._report, self._interval_s = save, report, interval_s
        self._touched, self._hurry = threading.Event(), threading.Event()
        self._closing = False
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="state-saver", daemon=True)

    def start(self) -> None:
        """Save from now on."""
        self._thread.start()

    def touch(self) -> None:
        """Something may have changed."""
        self._touched.set()

    def hurry(self) -> None:
        """Something has changed that must not be lost: save it now."""
        self._touched.set()
        self._hurry.set()

    def close(self) -> None:
        """Save what has changed last, and end.

        Raises:
            StateNotSavedError: it cannot be saved.
        """
        self._closing = True
        self.hurry()
        if self._thread.is_alive():
            self._thread.join()
        self._save()
        if self._failing:
            raise StateNotSavedError(
                "The state could not be saved at the end: what has changed since it was saved"
                " last is lost. Make room on the disk before you start again."
            )

    def _run(self) -> None:
        while True:
            self._touched.wait()
            if self._closing:
                return
            self._touched.clear()
            self._hurry.clear()
            started = time.monotonic()
            if self._save():
                # What a request has begun may go on when it has been answered.
                self._touched.set()
            took = time.monotonic() - started
            # One that takes longer still leaves half of the time to everything else.
            self._hurry.wait(max(self._interval_s - took, took))

    def _save(self) -> bool:
        """Save; returns whether there is reason to look again."""
        try:
            changed = self._save_changes()
        except Exception as error:
            _log.exception("saving the state")
            if not self._failing:
                self._report(
                    f"the state cannot be saved ({error}): it will be tried again, and what"
                    " changes until then is lost when this process ends"
                )
            self._failing = True
            return True
        if self._failing:
            self._report("the state is saved again")
        self._failing = False
        return changed
