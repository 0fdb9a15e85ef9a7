"""ministack's state as files, taken while it runs.

ministack 1.5.33 saves when it stops (app.py:3619). It writes S3's objects and Lambda's code
when they arrive, so what is left is small: about 1 MB for a tier.
"""

import contextlib
import functools
import hashlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ministack import app
from ministack.core import persistence
from ministack.services import lambda_svc, s3

from local_aws.ministack.log_events import LogEvents
from local_aws.ministack.metrics import state_of_metrics

GetState = Callable[[], Any]
Copy = TypeVar("Copy")

# Grows with every call: `log_events.py` saves what it has got since the last time.
_LOGS = "cloudwatch_logs"
METRICS = "cloudwatch"
"""The service that grows with every call, too, and to which nothing else refers."""
_ATTEMPTS = 5

_log = logging.getLogger(__name__)


class MinistackState:
    """Copies what every service holds; encoding it is another step, off the event loop."""

    def __init__(self, logs: LogEvents) -> None:
        """Keep state, but for the events of `logs`."""
        self._logs = logs
        self._prune = lambda_svc._prune_orphan_code_blobs
        self._referenced: set[str] = set()
        self._keep_code_until_saved()

    def copy(self) -> dict[str, Any]:
        """Each service's state at this moment; call it on the event loop."""
        services = app._build_persistence_save_dict()
        if _LOGS in services:
            services[_LOGS] = self._logs.everything_else
        if METRICS in services:
            services[METRICS] = state_of_metrics
        return {
            name: state
            for name, get_state in services.items()
            if (state := _state_of(name, get_state)) is not None
        }

    def encode(self, name: str, state: Any) -> bytes:
        """A service's file, as ministack's `save_state` (persistence.py:131) writes it."""
        wrapped = {"__ministack_format__": persistence._state_format_version(name)}
        return json.dumps(wrapped | {"payload": state}, default=persistence._json_default).encode()

    def saved(self) -> None:
        """What was copied last has been saved: code that no function has any more can go."""
        self._prune(self._referenced)

    def _keep_code_until_saved(self) -> None:
        """lambda_svc.py:639 removes code while the file that is in place still names it.

        And 527 hashes every function's code each time.
        """
        write = lambda_svc._write_code_blob
        # Keyed by the bytes, whose own hash Python keeps; they are the same object every time.
        digest = functools.lru_cache(maxsize=16)(_digest)

        def write_once(code: bytes) -> str:
            name = digest(code)
            # Code that has come since the last copy is not in it.
            self._referenced.add(name)
            if (Path(lambda_svc.CODE_BLOB_DIR) / f"{name}.zip").exists():
                return name
            return str(write(code))

        def keep(referenced: set[str]) -> None:
            self._referenced = referenced

        lambda_svc._write_code_blob = write_once
        lambda_svc._prune_orphan_code_blobs = keep


def forget_unsaved_buckets() -> list[str]:
    """Remove the empty buckets that were made after the last save; returns their names.

    S3 makes a bucket's folder at once, and what asked for the bucket (a stack) does not know
    of it any more: it would be in the way when it is asked for again.
    """
    saved = persistence.load_state("s3")
    if saved is None:
        return []
    known = saved["buckets_meta"]._data
    unknown = [
        key
        for key, bucket in s3._buckets._data.items()
        if key not in known and not bucket.get("objects")
    ]
    for account, name in unknown:
        del s3._buckets._data[account, name]
        with contextlib.suppress(OSError):
            (Path(s3.DATA_DIR) / account / name).rmdir()
    return [name for _, name in unknown]


def unchanging(copy: Callable[[], Copy]) -> Copy:
    """What `copy` gives, called again if something changed on another thread meanwhile.

    Raises:
        RuntimeError: it changed each time.
    """
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(RuntimeError):
            return copy()
    return copy()


def _state_of(name: str, get_state: GetState) -> Any:
    """A service's state; None when it has none, or cannot say."""
    try:
        return unchanging(get_state)
    except OSError:
        # A function's code that cannot be written is lost when it is saved without.
        raise
    except Exception:
        # As ministack does: what one service cannot say must not keep the others from it.
        _log.exception("the state of %s", name)
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
