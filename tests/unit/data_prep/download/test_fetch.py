"""`download` against a server on this machine that misbehaves in every way we could think of."""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data_prep.download import command as module
from data_prep.download.command import ARCHIVES, add_commands, download
from data_prep.download.fetch import MIB
from data_prep.errors import DataPrepError
from tests.unit.data_prep.download.download_site import (
    CONTENT,
    QUICK,
    TEST,
    TRAIN,
    Handler,
    Site,
    answer,
    assert_downloaded,
    drop,
    packed,
    refusal,
    site_fixture,
    stall,
)
from tests.unit.data_prep.killed_at_each_step import killed_at_each_step

__all__ = ["site_fixture"]


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


def test_too_small_a_disk_is_told_before_anything_is_fetched(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 * len(CONTENT) - 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
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


DOWNLOAD = """
import sys
from pathlib import Path
from data_prep.download.command import Archive, download
from data_prep.download.fetch import Remote
{start}
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
    command = [
        sys.executable,
        "-c",
        DOWNLOAD.format(start=""),
        remote.url,
        str(remote.size),
        remote.md5_first_mib,
    ]
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


def test_download_is_whole_wherever_it_is_killed(site: Site, tmp_path: Path) -> None:
    remote, target = site.archive.remote, tmp_path / "out"
    arguments = [remote.url, str(remote.size), remote.md5_first_mib, str(target)]
    for step in killed_at_each_step(DOWNLOAD.format(start="from_here_on()"), arguments):
        if target.exists():
            assert (target / "train.csv").read_bytes() == TRAIN, step
        download(site.archive, target, patience=QUICK)
        assert_downloaded(target)
        shutil.rmtree(target)
    assert_downloaded(target)


def test_second_download_to_the_same_directory_is_refused(site: Site, tmp_path: Path) -> None:
    messages: list[str] = []

    def download_again(_: int) -> None:
        if not messages:
            messages.append(refusal(site, tmp_path / "out"))

    download(site.archive, tmp_path / "out", patience=QUICK, advance=download_again)
    assert "another process is writing" in messages[0]
    assert_downloaded(tmp_path / "out")
    assert len(site.requests) == 1


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
    add_commands(parser.add_subparsers())
    monkeypatch.setattr(module, "ARCHIVES", (site.archive,))
    mirror = site.url.replace("reviews", "mirror")
    arguments = ["download", "amazon-full", "--out", str(tmp_path / "out"), "--url", mirror]
    for state in ("downloaded", "already there"):
        options = parser.parse_args(arguments)
        options.run(options)
        assert capsys.readouterr().err == f"{tmp_path / 'out'}: {state}\n"
    assert [request.path for request in site.requests] == ["/mirror.tgz"]
