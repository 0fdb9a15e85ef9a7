"""`download` against a server on this machine that misbehaves in every way we could think of."""

import argparse
import contextlib
import gzip
import hashlib
import io
import json
import shutil
import signal
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from data_prep import download as module
from data_prep.download import ARCHIVES, Archive, add_command, download
from data_prep.download_extract import extract
from data_prep.download_fetch import MIB, Patience, Remote
from data_prep.errors import DataPrepError

QUICK = Patience(attempts=3, pause_seconds=0.01, silence_seconds=0.5)
TRAIN = hashlib.shake_128(b"reviews").digest(2 * MIB)  # gzip cannot shrink it
TEST = b'"2","A title","Good, if ""long"""\n'


def packed(members: dict[str, bytes] | None = None, *more: tarfile.TarInfo) -> bytes:
    """A `.tgz` in memory; `more` are members without content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
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
        self.wfile.write(body[:stop_after])


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


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "*")
    site = Site()
    handler = type("BoundHandler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_address[1]}/reviews.tgz"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield site
        server.shutdown()
        thread.join()


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


def test_published_archives_are_those_of_fastai() -> None:
    assert {(a.name, a.remote.size, a.remote.md5_first_mib) for a in ARCHIVES} == {
        ("amazon-full", 643_695_014, "4a1196cf0adaea22f4bc3f592cddde90"),
        ("amazon-polarity", 688_339_454, "676f7e5208ec343c8274b4bb085bc938"),
    }


def test_files_arrive_without_the_archive_s_folder(site: Site, tmp_path: Path) -> None:
    assert download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


def test_second_run_does_nothing(site: Site, tmp_path: Path) -> None:
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert not download(site.archive, tmp_path / "out", patience=QUICK)
    assert len(site.requests) == 1


def test_dropped_connections_are_resumed(site: Site, tmp_path: Path) -> None:
    site.faults = [drop(500_000), drop(300_000)]
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")
    ranges = [request.range for request in site.requests]
    assert ranges[0] is None
    starts = [int(str(asked)[len("bytes=") : -1]) for asked in ranges[1:]]
    assert 0 < starts[0] < starts[1]
    assert {request.if_range for request in site.requests[1:]} == {'"v1"'}


def test_next_run_goes_on_where_the_last_gave_up(site: Site, tmp_path: Path) -> None:
    site.faults = [drop(MIB + 70_000), *[answer(503)] * 3]
    message = refusal(site, tmp_path / "out")
    assert "503" in message
    assert "to go on" in message
    site.requests.clear()
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")
    assert [request.range for request in site.requests] != [None]


def test_changed_file_starts_anew(site: Site, tmp_path: Path) -> None:
    site.faults = [drop(500_000), *[answer(500)] * 3]
    refusal(site, tmp_path / "out")
    site.content = packed({"train.csv": TRAIN, "test.csv": TEST})
    site.etag = '"v2"'
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


def test_server_without_ranges_starts_anew(site: Site, tmp_path: Path) -> None:
    length = len(CONTENT)
    site.faults = [drop(500_000), answer(200, CONTENT, Content_Length=length, ETag='"v1"')]
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


@pytest.mark.parametrize("etag", [None, 'W/"weak"'])
def test_without_a_strong_validator_a_broken_download_starts_anew(
    site: Site, tmp_path: Path, etag: str | None
) -> None:
    site.etag = etag
    site.faults = [drop(500_000)]
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")
    assert [request.range for request in site.requests] == [None, None]


@pytest.mark.parametrize(
    "fault",
    [
        answer(206, b"zzz", Content_Range="bytes 0-2/3"),
        answer(206, b"zzz"),
        answer(416),
        answer(200, CONTENT[:900_000], ETag='"v1"'),
        answer(429, Retry_After=0),
        answer(502),
        stall,
    ],
    ids=["other range", "no range", "416", "short, no length", "429", "502", "silence"],
)
def test_passing_fault_is_got_over(
    site: Site, tmp_path: Path, fault: Callable[[Handler], None]
) -> None:
    site.faults = [drop(300_000), fault]
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


@pytest.mark.parametrize(
    ("fault", "part"),
    [
        (answer(404), "404"),
        (answer(403), "403"),
        (answer(200, CONTENT, Content_Length=len(CONTENT) + 1), "bytes, not"),
        (answer(200, b"short", Content_Length=5), "it has 5 bytes"),
        (answer(200, CONTENT + b"more"), "more than"),
        (answer(200, bytes(len(CONTENT)), Content_Length=len(CONTENT)), "MD5"),
        (answer(302, Location="file:///etc/passwd"), "not followed"),
        (answer(302), "302"),
    ],
    ids=["404", "403", "longer", "shorter", "endless", "other bytes", "to file:", "to nowhere"],
)
def test_fault_that_stays_is_told_at_once(
    site: Site, tmp_path: Path, fault: Callable[[Handler], None], part: str
) -> None:
    site.faults = [fault]
    assert part in refusal(site, tmp_path / "out")
    assert len(site.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_redirect_is_followed_but_not_for_ever(site: Site, tmp_path: Path) -> None:
    site.faults = [answer(302, Location="/elsewhere.tgz")]
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert [request.path for request in site.requests] == ["/reviews.tgz", "/elsewhere.tgz"]
    site.faults = [answer(302, Location=site.url)] * 10
    assert "redirects more than" in refusal(site, tmp_path / "other")


def test_server_that_always_drops_is_given_up(site: Site, tmp_path: Path) -> None:
    site.faults = [drop(0)] * 10
    assert "gave up after 3 attempts" in refusal(site, tmp_path / "out")
    assert len(site.requests) == 3


def test_unreachable_server_is_told(site: Site, tmp_path: Path) -> None:
    remote = replace(site.archive.remote, url="http://127.0.0.1:9/x.tgz")
    assert "cannot connect" in refusal(site, tmp_path / "o", replace(site.archive, remote=remote))


@pytest.mark.parametrize("url", ["reviews.tgz", "http://", "ftp://127.0.0.1/x.tgz"])
def test_what_is_no_url_is_told(site: Site, tmp_path: Path, url: str) -> None:
    remote = replace(site.archive.remote, url=url)
    assert "--url" in refusal(site, tmp_path / "out", replace(site.archive, remote=remote))


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (packed({"../train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed({"x/../../train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed({"/train.csv": TRAIN, "test.csv": TEST}), "leads out"),
        (packed(None, member("train.csv", tarfile.SYMTYPE, "/etc/passwd")), "link"),
        (packed(None, member("a", tarfile.LNKTYPE, "../../b")), "link"),
        (packed(None, member("fifo", tarfile.FIFOTYPE)), "device"),
        (packed(None, member("null", tarfile.CHRTYPE)), "device"),
        (packed(None, *[member(f"f{n}") for n in range(200)]), "more than 100 files"),
        (packed({"train.csv": TRAIN, "x/train.csv": b"", "test.csv": TEST}), "twice"),
        (packed({"train.csv": bytes(2**24), "test.csv": TEST}), "unpacks to more"),
        (packed({"train.csv": TRAIN, "test.csv": TEST, "z": bytes(2**24)}), "unpacks to more"),
        (packed({"train.csv": TRAIN}), "lacks test.csv"),
        (CONTENT[:-4] + b"\0\0\0\1", "damaged"),
        (CONTENT[: 2 * MIB], "damaged"),
        (CONTENT[:-9] + b"?" + CONTENT[-8:], "damaged"),
        (gzip.compress(TRAIN), "damaged"),
        (b"no gzip file" * 99, "damaged"),
    ],
    ids=[
        *["dots", "inner dots", "absolute", "symlink", "hard link", "fifo", "device", "many"],
        *["twice", "huge", "huge other", "lacking", "bad length", "cut", "flipped", "no tar"],
        "no gzip",
    ],
)
def test_bad_archive_is_refused_and_removed(
    site: Site, tmp_path: Path, content: bytes, part: str
) -> None:
    site.content = content
    message = refusal(site, tmp_path / "deep/out")
    assert part in message
    assert site.url in message
    assert [*tmp_path.rglob("*")] == [tmp_path / "deep"]


def test_sparse_file_cannot_stand_for_terabytes(tmp_path: Path) -> None:
    if shutil.which("tar") is None:
        pytest.skip("makes its archive with tar")
    with (tmp_path / "train.csv").open("wb") as file:
        file.truncate(2**33)
    (tmp_path / "out").mkdir()
    command = ["tar", "--sparse", "-C", str(tmp_path), "-czf", str(tmp_path / "a"), "train.csv"]
    subprocess.run(command, check=True)
    with pytest.raises(DataPrepError, match="sparse"):
        extract(tmp_path / "a", tmp_path / "out", wanted=frozenset({"train.csv"}), limit=2**20)


def test_too_small_a_disk_is_told_before_anything_is_fetched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * len(CONTENT) - 1)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _: usage)
    assert "free space" in refusal(site, tmp_path / "out")
    assert site.requests == []


@pytest.mark.parametrize("entry", ["notes.txt", "train.csv", ".download.json"])
def test_another_directory_is_not_touched(site: Site, tmp_path: Path, entry: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / entry).write_text("mine")
    with pytest.raises(DataPrepError, match="not a whole download"):
        download(site.archive, tmp_path / "out", patience=QUICK)
    assert (tmp_path / "out" / entry).read_text() == "mine"
    assert site.requests == []


def test_a_file_that_was_cut_later_is_noticed(site: Site, tmp_path: Path) -> None:
    download(site.archive, tmp_path / "out", patience=QUICK)
    (tmp_path / "out/train.csv").write_bytes(TRAIN[:-1])
    with pytest.raises(DataPrepError, match="not a whole download"):
        download(site.archive, tmp_path / "out", patience=QUICK)


def test_progress_ends_at_the_archive_s_size(site: Site, tmp_path: Path) -> None:
    site.faults = [drop(500_000), answer(416)]
    gained: list[int] = []
    download(site.archive, tmp_path / "out", patience=QUICK, advance=gained.append)
    assert sum(gained) == len(CONTENT)
    assert min(gained) < 0


KILLED = """
import sys
from pathlib import Path
from data_prep.download import Archive, download
from data_prep.download_fetch import Remote
url, size, md5, target = sys.argv[1:]
remote = Remote(url=url, size=int(size), md5_first_mib=md5)
download(Archive(name="a", title="a", remote=remote), Path(target))
"""


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_killed_download_is_resumed(site: Site, tmp_path: Path, sent: signal.Signals) -> None:
    held = threading.Event()

    def half_then_hold(handler: Handler) -> None:
        handler.head(200, Content_Length=len(CONTENT), ETag='"v1"')
        handler.wfile.write(CONTENT[: MIB + 200_000])
        held.wait(20)

    site.faults = [half_then_hold]
    remote = site.archive.remote
    target = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, remote.url, str(remote.size), remote.md5_first_mib]
    process = subprocess.Popen([*command, str(target)], stderr=subprocess.DEVNULL)
    part = tmp_path / ".out.tgz.part"
    deadline = time.monotonic() + 20
    while not (part.exists() and part.stat().st_size > MIB):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(sent)
    process.wait(20)
    held.set()
    assert not target.exists()
    download(site.archive, target, patience=QUICK)
    assert_downloaded(target)
    assert int(str(site.requests[-1].range)[len("bytes=") : -1]) > MIB


def test_run_killed_at_any_later_moment_is_put_right(site: Site, tmp_path: Path) -> None:
    whole_part = tmp_path / ".out.tgz.part"
    whole_part.write_bytes(CONTENT)
    leftover = tmp_path / ".out.unpacked"
    leftover.mkdir()
    (leftover / "train.csv").write_bytes(b"half")
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")
    assert site.requests == []
    (tmp_path / ".out.tgz").write_bytes(CONTENT)
    assert not download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


@pytest.mark.parametrize("note", ["", "[]", '{"version": 1}', "{}"])
def test_part_of_unknown_origin_is_not_used(site: Site, tmp_path: Path, note: str) -> None:
    (tmp_path / ".out.tgz.part").write_bytes(b"?" * 1000)
    (tmp_path / ".out.tgz.part.json").write_text(note)
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


def test_part_with_a_wrong_beginning_is_not_used(site: Site, tmp_path: Path) -> None:
    (tmp_path / ".out.tgz.part").write_bytes(bytes(MIB + 1))
    (tmp_path / ".out.tgz.part.json").write_text(json.dumps({"version": '"v1"'}))
    download(site.archive, tmp_path / "out", patience=QUICK)
    assert_downloaded(tmp_path / "out")


def test_command_line(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parser = argparse.ArgumentParser()
    add_command(parser.add_subparsers())
    monkeypatch.setattr(module, "ARCHIVES", (site.archive,))
    mirror = site.url.replace("reviews", "mirror")
    arguments = ["download", "amazon-full", "--out", str(tmp_path / "out"), "--url", mirror]
    for state in ("downloaded", "already there"):
        options = parser.parse_args(arguments)
        options.run(options)
        assert capsys.readouterr().err == f"{tmp_path / 'out'}: {state}\n"
    assert [request.path for request in site.requests] == ["/mirror.tgz"]
