"""A server on this machine that publishes an archive, and misbehaves as a test says.

Not a test module. Its fixture `site` is imported by the tests of `download`.
"""

import contextlib
import hashlib
import io
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from data_prep.download.command import Archive, download
from data_prep.download.fetch import CHUNK_BYTES, MIB, Patience, Remote
from data_prep.errors import DataPrepError

QUICK = Patience(attempts=3, pause_seconds=0.01, silence_seconds=0.5)
TRAIN = hashlib.shake_128(b"reviews").digest(2 * MIB)  # gzip cannot shrink it
TEST = b'"2","A title","Good, if ""long"""\n'


def packed(
    members: dict[str, bytes] | None = None,
    *more: tarfile.TarInfo,
    format_: int = tarfile.DEFAULT_FORMAT,
) -> bytes:
    """A `.tgz` in memory; `more` are members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1, format=format_) as archive:
        for info in more:
            archive.addfile(info)
        files = {"x/train.csv": TRAIN, "x/test.csv": TEST, "x/readme.txt": b"hello"}
        for name, content in (files if members is None else members).items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


CONTENT = packed()


class Request(NamedTuple):
    path: str
    range: str | None
    if_range: str | None


@dataclass
class Site:
    """Serves `content` as S3 does, except for the next answers in `faults`."""

    content: bytes = CONTENT
    etag: str | None = '"v1"'
    faults: list[Callable[["Handler"], None]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    url: str = ""
    seconds_per_mib: float = 0
    """How fast the right answer is sent."""

    @property
    def archive(self) -> Archive:
        md5 = hashlib.md5(self.content[:MIB], usedforsecurity=False).hexdigest()
        remote = Remote(url=self.url, size=len(self.content), md5_first_mib=md5)
        return Archive(name="amazon-full", title="a test", remote=remote)


class Handler(BaseHTTPRequestHandler):
    """HTTP/1.0: the connection ends with the answer."""

    site: Site

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        site, headers = self.site, self.headers
        site.requests.append(Request(self.path, headers["Range"], headers["If-Range"]))
        with contextlib.suppress(ConnectionError):
            (site.faults.pop(0) if site.faults else Handler.serve)(self)

    def head(self, status: int, **headers: str | int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def serve(self, *, stop_after: int | None = None) -> None:
        """The right answer, or only so many bytes of it."""
        content, etag, asked = self.site.content, self.site.etag, self.headers["Range"]
        extra = {"ETag": etag} if etag else {}
        if asked and self.headers["If-Range"] in (None, etag):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            where = f"bytes {start}-{len(content) - 1}/{len(content)}"
            body = content[start:]
            self.head(206, Content_Length=len(body), Content_Range=where, **extra)
        else:
            body = content
            self.head(200, Content_Length=len(body), **extra)
        for start in range(0, len(body[:stop_after]), CHUNK_BYTES):
            time.sleep(self.site.seconds_per_mib * CHUNK_BYTES / MIB)
            self.wfile.write(body[:stop_after][start : start + CHUNK_BYTES])


def drop(after: int) -> Callable[[Handler], None]:
    return lambda handler: handler.serve(stop_after=after)


def answer(status: int, body: bytes = b"", **headers: str | int) -> Callable[[Handler], None]:
    def run(handler: Handler) -> None:
        handler.head(status, **headers)
        handler.wfile.write(body)

    return run


def stall(handler: Handler) -> None:
    handler.head(200, Content_Length=len(CONTENT))
    time.sleep(1)


@contextmanager
def serving() -> Iterator[Site]:
    """A server of its own, until the block ends."""
    site = Site()
    handler = type("BoundHandler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}/reviews.tgz"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


@pytest.fixture(name="site")
def site_fixture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server, and no proxy on the way to it."""
    monkeypatch.setenv("NO_PROXY", "*")
    with serving() as site:
        yield site


def assert_downloaded(target: Path) -> None:
    """All of it, and nothing besides."""
    assert (target / "train.csv").read_bytes() == TRAIN
    assert (target / "test.csv").read_bytes() == TEST
    assert sorted(entry.name for entry in target.iterdir()) == [
        ".download.json",
        "test.csv",
        "train.csv",
    ]
    assert [entry.name for entry in target.parent.iterdir()] == [target.name]


def refusal(site: Site, target: Path, archive: Archive | None = None) -> str:
    """The one message; nothing stands under the final name."""
    with pytest.raises(DataPrepError) as caught:
        download(archive or site.archive, target, patience=QUICK)
    assert not target.exists()
    message = str(caught.value)
    assert "\n" not in message
    return message
