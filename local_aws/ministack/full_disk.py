"""S3 on a disk that takes nothing more: the request fails, and what was there before stays.

ministack 1.5.33 logs the error, answers with success, and drops the object from memory or keeps
what a restart does not find (s3.py:9186, 9212, 9289).
"""

import contextlib
import functools
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from contextvars import ContextVar, copy_context
from pathlib import Path
from typing import Any

from ministack.services import s3

Response = tuple[int, dict[str, str], bytes]
Key = tuple[str, str]

# S3's own words (API reference, "Error responses").
_CODE = "InternalError"
_MESSAGE = "We encountered an internal error. Please try again."
# ministack keeps no object under such a name, and loads none.
_FORMER = ".former.tmp"

_log = logging.getLogger(__name__)


class _Change:
    """What one request has changed, so that it can be taken back."""

    def __init__(self, bucket: str, key: str, upload: str | None) -> None:
        self.failure: OSError | None = None
        self.events: list[Callable[[], None]] = []
        self._bucket, self._upload_id = bucket, upload
        self._existed = s3._buckets.get(bucket) is not None
        keys = [(bucket, key)] if key else self._keys()
        self._records = {one: _recorded(*one) for one in keys}
        self._upload = s3._multipart_uploads.get(upload) if upload else None
        self._files: dict[str, str | None] = {}

    def keep(self, path: str) -> None:
        """Keep the file of a path until the request has ended; it takes no space."""
        if path in self._files:
            return
        former = path + _FORMER
        Path(former).unlink(missing_ok=True)
        try:
            os.link(path, former)
        except FileNotFoundError:
            self._files[path] = None
            return
        except OSError:
            # The file system knows no hard links.
            shutil.copy2(path, former)
        self._files[path] = former

    def confirm(self) -> None:
        """Let go of what was there before, and tell who waits for events."""
        for former in self._files.values():
            if former is not None:
                Path(former).unlink(missing_ok=True)
        for fire in self.events:
            fire()

    def take_back(self) -> None:
        """Put everything back; none of it needs space."""
        for path, former in self._files.items():
            # One that cannot be put back must not keep the others from it.
            with contextlib.suppress(OSError):
                if former is None:
                    Path(path).unlink(missing_ok=True)
                else:
                    Path(former).replace(path)
                    # Renaming does nothing when both are still the same file (rename(2)).
                    Path(former).unlink(missing_ok=True)
        if not self._existed:
            s3._buckets.pop(self._bucket, None)
            return
        for (bucket, key), record in self._records.items():
            _put_back(bucket, key, *record)
        if self._upload is not None:
            s3._multipart_uploads[self._upload_id] = self._upload
            s3._completed_multipart_uploads.pop(self._upload_id, None)

    def _keys(self) -> Iterable[Key]:
        objects = (s3._buckets.get(self._bucket) or {}).get("objects", {})
        yield from ((self._bucket, key) for key in objects)
        yield from (one for one in s3._object_versions if one[0] == self._bucket)


_change: ContextVar[_Change | None] = ContextVar("change", default=None)


def fail_when_the_disk_is_full() -> None:
    """Answer a write that did not reach the disk with S3's InternalError, and undo it."""
    _note_failed_writes()
    _put_events_off()
    # s3.py:2571: every request goes through it, and it does not give way to another.
    dispatch = s3._dispatch

    def dispatched(method: str, bucket: str, key: str, *request: Any) -> Response:
        if method not in {"PUT", "POST", "DELETE"}:
            response: Response = dispatch(method, bucket, key, *request)
            return response
        _headers, _body, query = request
        change = _Change(bucket, key, s3._qp(query, "uploadId") or None)
        token = _change.set(change)
        try:
            response = dispatch(method, bucket, key, *request)
        except OSError as error:
            change.failure = error
        finally:
            _change.reset(token)
        if change.failure is None:
            change.confirm()
            return response
        _log.error("%s /%s/%s: %s", method, bucket, key, change.failure)
        change.take_back()
        failed: Response = s3._error(_CODE, _MESSAGE, 500, f"/{bucket}/{key}")
        return failed

    s3._dispatch = dispatched


def _note_failed_writes() -> None:
    """s3.py:9165, 9190 and 9265 catch what goes wrong when they make a folder or a file."""

    def noted(work: Callable[..., Any], path: Callable[..., str | None]) -> Callable[..., Any]:
        @functools.wraps(work)
        def write(*arguments: Any, **named: Any) -> Any:
            change = _change.get()
            if change is None:
                return work(*arguments, **named)
            try:
                if s3.S3_PERSIST and (file := path(*arguments)) is not None:
                    Path(file).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    change.keep(file)
                return work(*arguments, **named)
            except OSError as error:
                change.failure = change.failure or error
                raise

        return write

    def displaced(bucket: str, key: str, prior: dict[str, Any] | None, _status: str) -> str | None:
        if prior is None:
            return None
        path: str | None = s3._version_disk_path(bucket, key, prior.get("version_id") or "null")
        return path

    def current(bucket: str, key: str, _record: Any) -> str | None:
        path: str | None = s3._object_disk_path(bucket, key)
        return path

    s3._atomic_write = noted(s3._atomic_write, lambda file, _data: file)
    s3._persist_object = noted(s3._persist_object, current)
    s3._persist_delete_marker = noted(s3._persist_delete_marker, current)
    s3._persist_displaced_version = noted(s3._persist_displaced_version, displaced)


def _put_events_off() -> None:
    """s3.py:4717 tells of an object before it is on the disk."""
    fire = s3._fire_s3_event_async

    def put_off(*arguments: Any, **named: Any) -> None:
        change = _change.get()
        if change is None:
            fire(*arguments, **named)
        else:
            change.events.append(functools.partial(copy_context().run, fire, *arguments, **named))

    s3._fire_s3_event_async = put_off


def _stores() -> tuple[Any, ...]:
    """What is kept beside the objects, by bucket, key and version."""
    return (
        s3._object_tags,
        s3._object_acl,
        s3._object_annotations,
        s3._object_retention,
        s3._object_legal_hold,
    )


def _recorded(bucket: str, key: str) -> tuple[Any, Any, list[dict[Any, Any]]]:
    """An object's record, its versions, and what is kept beside them."""
    record = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
    versions = s3._object_versions.get((bucket, key))
    ids = {None, "null", *(version["version_id"] for version in versions or ())}
    names = [(bucket, key, version) for version in ids]
    beside = [{name: store[name] for name in names if name in store} for store in _stores()]
    return (
        record and dict(record),
        versions and [dict(version) for version in versions],
        beside,
    )


def _put_back(
    bucket: str, key: str, record: Any, versions: Any, beside: list[dict[Any, Any]]
) -> None:
    for collection, name, value in (
        (s3._buckets[bucket]["objects"], key, record),
        (s3._object_versions, (bucket, key), versions),
    ):
        if value is None:
            collection.pop(name, None)
        else:
            collection[name] = value
    for store, former in zip(_stores(), beside, strict=True):
        for name in [name for name in store if name[:2] == (bucket, key)]:
            del store[name]
        for name, value in former.items():
            store[name] = value
