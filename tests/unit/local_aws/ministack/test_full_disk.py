"""S3 whose disk takes nothing more, at each of the writes that a request makes."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ministack.services import s3

from local_aws.ministack import full_disk, state

PATCHED = (
    "_dispatch",
    "_atomic_write",
    "_persist_object",
    "_persist_delete_marker",
    "_persist_displaced_version",
    "_fire_s3_event_async",
)
UPLOAD = b'<CreateMultipartUploadRequest xmlns="http://s3.amazonaws.com/doc/2006-03-01/"/>'


class Bucket:
    """S3 with one bucket, on a disk that can be filled."""

    def __init__(self, disk: Path) -> None:
        self.disk = disk
        self.events: list[str] = []
        self.writes_left = 10**6
        self("PUT")

    def __call__(
        self, method: str, key: str = "", body: bytes = b"", **query: str
    ) -> tuple[int, dict[str, str], bytes]:
        headers = {"x-amz-copy-source": query.pop("source")} if "source" in query else {}
        headers |= {"x-amz-tagging": query.pop("tags")} if "tags" in query else {}
        given = {name: [value] for name, value in query.items()}
        answer: tuple[int, dict[str, str], bytes] = s3._dispatch(
            method, "data", key, headers, body, given
        )
        return answer

    def version(self) -> None:
        body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        assert self("PUT", body=body, versioning="")[0] == 200

    def upload(self, key: str, body: bytes) -> tuple[str, bytes]:
        started = self("POST", key, UPLOAD, uploads="")[2].decode()
        upload = started.split("<UploadId>")[1].split("</UploadId>")[0]
        etag = self("PUT", key, body, uploadId=upload, partNumber="1")[1]["ETag"]
        part = f"<Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part>"
        content = f"<CompleteMultipartUpload>{part}</CompleteMultipartUpload>"
        return upload, content.encode()

    def files(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.disk)): path.read_bytes()
            for path in self.disk.rglob("*")
            if path.is_file()
        }

    def tags(self, key: str) -> bytes:
        return self("GET", key, tagging="")[2]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name in PATCHED:
        monkeypatch.setattr(s3, name, getattr(s3, name))
    monkeypatch.setattr(s3, "DATA_DIR", str(tmp_path))
    monkeypatch.setattr(s3, "S3_PERSIST", True)
    write = s3._atomic_write

    def write_while_there_is_room(path: str, data: Any, *, text: bool = False) -> None:
        if made.writes_left == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        made.writes_left -= 1
        write(path, data, text=text)

    def fire(bucket: str, key: str, event: str, **_details: Any) -> None:
        made.events.append(f"{event} /{bucket}/{key}")

    monkeypatch.setattr(s3, "_atomic_write", write_while_there_is_room)
    monkeypatch.setattr(s3, "_fire_s3_event_async", fire)
    full_disk.fail_when_the_disk_is_full()
    made = Bucket.__new__(Bucket)
    made.__init__(tmp_path)  # type: ignore[misc]
    yield made
    s3.reset()


def assert_fails(answer: tuple[int, dict[str, str], bytes]) -> None:
    assert answer[0] == 500
    assert b"<Code>InternalError</Code>" in answer[2]


@pytest.mark.parametrize("versioned", [False, True], ids=["plain", "versioned"])
@pytest.mark.parametrize("request_", ["put", "copy", "upload", "delete"])
@pytest.mark.parametrize("room", [0, 1, 2])
def test_a_write_that_fails_changes_nothing(
    bucket: Bucket, room: int, request_: str, versioned: bool
) -> None:
    if versioned:
        bucket.version()
    bucket("PUT", "key", b"former", tags="a=1")
    bucket("PUT", "other", b"other")
    upload, parts = bucket.upload("key", b"new")
    requests = {
        "put": lambda: bucket("PUT", "key", b"new", tags="a=2"),
        "copy": lambda: bucket("PUT", "key", source="/data/other"),
        "upload": lambda: bucket("POST", "key", parts, uploadId=upload),
        "delete": lambda: bucket("DELETE", "key"),
    }
    before, listed, events = bucket.files(), bucket("GET", versions="")[2], list(bucket.events)
    bucket.writes_left = room
    answer = requests[request_]()
    bucket.writes_left = 10**6
    if answer[0] in {200, 204}:
        # It needs no more room than it had.
        assert bucket.files() != before
        return
    assert_fails(answer)
    assert bucket.files() == before
    assert bucket("GET", versions="")[2] == listed
    assert bucket("GET", "key")[2] == b"former"
    assert b"<Value>1</Value>" in bucket.tags("key")
    assert bucket.events == events
    assert requests[request_]()[0] in {200, 204}
    assert bucket("GET", "key")[2] != b"former"


@pytest.mark.parametrize("room", [0, 1])
def test_a_new_object_that_cannot_be_written_is_not_there(bucket: Bucket, room: int) -> None:
    bucket.writes_left = room
    assert_fails(bucket("PUT", "folder/new", b"new"))
    assert bucket("GET", "folder/new")[0] == 404
    assert bucket.files() == {}


def test_a_folder_that_cannot_be_made_fails_the_write(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: Any, **_named: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        assert_fails(bucket("PUT", "folder/new", b"new"))
    assert bucket("GET", "folder/new")[0] == 404


def test_a_write_that_succeeds_leaves_only_the_object(bucket: Bucket) -> None:
    bucket("PUT", "key", b"former")
    bucket("PUT", "key", b"new")
    assert set(bucket.files()) == {
        "000000000000/data/key",
        "000000000000/data/key.meta.json",
    }
    assert bucket.events == ["s3:ObjectCreated:Put /data/key"] * 2


def test_a_service_that_cannot_write_is_not_saved_without() -> None:
    def get_state() -> Any:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        state._state_of("lambda", get_state)
