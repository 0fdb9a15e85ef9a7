"""`up` in the foreground: start, wait for Ctrl-C or SIGTERM, stop in order or by force."""

import os
import signal
import sys
import threading
from collections.abc import Mapping
from types import FrameType

from local_aws.errors import StateNotSavedError
from local_aws.instance import StateDirectory
from local_aws.leftovers import end_leftovers
from local_aws.server import EmbeddedAws, print_event

# ministack can get stuck while it shuts down, for instance in a custom resource that nothing
# answers. More than what its parts may take for themselves (4 s for requests, 5 s for processes),
# one after the other on a busy machine.
_SHUTDOWN_LIMIT_S = 15.0

UP = "the embedded AWS is up at"
"""How the line begins that says that everything is there."""


def serve_until_signal(
    directory: StateDirectory,
    port: int,
    quotas: Mapping[str, int] | None = None,
    *,
    or_any_port: bool = False,
) -> int:
    """Run the embedded AWS of a state directory that this process has acquired.

    Args:
        directory: the state directory.
        port: where it listens.
        quotas: those of SageMaker's that differ from the defaults.
        or_any_port: whether it takes any free port if that one is in use.

    Returns:
        The exit status.

    Raises:
        EmbeddedAwsError: it cannot start.
    """
    asked_to_stop = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        asked_to_stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    aws = EmbeddedAws(
        port, directory.path, directory.log_file, quotas=quotas, or_any_port=or_any_port
    )
    aws.start()
    print_event(f"{UP} {aws.url}, Ctrl-C stops it (details: {directory.log_file})")
    directory.announce(aws.port)
    asked_to_stop.wait()
    print_event("stopping the embedded AWS")
    overdue = threading.Timer(_SHUTDOWN_LIMIT_S, _end_by_force, args=(directory,))
    overdue.daemon = True
    overdue.start()
    status, said = 0, "the embedded AWS is down"
    try:
        aws.stop()
    except StateNotSavedError as error:
        status, said = 1, f"local_aws: {error}"
    overdue.cancel()
    directory.withdraw()
    print_event(said)
    sys.stderr.flush()
    # Threads that ministack started may still wait for something; nothing needs them.
    # The kernel drops the lock on the state directory now, when no process is left.
    os._exit(status)


def _end_by_force(directory: StateDirectory) -> None:
    print_event(f"it did not stop within {_SHUTDOWN_LIMIT_S:g} s: ending it by force")
    end_leftovers(directory.path)
    directory.withdraw()
    os._exit(1)
