"""Whole or not at all, one writer at a time, and no trace of one that was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data_prep.dataset.files import replaced_directory, replaced_file
from data_prep.dataset.lock import claimed
from data_prep.errors import DataPrepError
from tests.unit.data_prep.killed_at_each_step import killed_at_each_step
from tier_layout.bucket import dataset_prefix

KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from data_prep.dataset import files
with getattr(files, sys.argv[1])(Path(sys.argv[2])) as partial:
    (partial if sys.argv[1] == "replaced_file" else partial / "train.txt").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def write_and_be_killed(how: str, target: Path) -> None:
    command = [sys.executable, "-c", KILLED_WHILE_WRITING, how, str(target)]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL


def write(directory: Path, content: str) -> None:
    (directory / "train.txt").write_text(content)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_second_writer_of_a_directory_is_told_who_writes(tmp_path: Path) -> None:
    with replaced_directory(tmp_path / "out") as directory:
        write(directory, "first")
        with (
            pytest.raises(DataPrepError, match=r"another process is writing .*/out\. .* --out"),
            replaced_directory(tmp_path / "out"),
        ):
            pass
    assert (tmp_path / "out" / "train.txt").read_text() == "first"
    assert names(tmp_path) == ["out"]


def test_two_directories_side_by_side_are_written_at_once(tmp_path: Path) -> None:
    with replaced_directory(tmp_path / "a") as one, replaced_directory(tmp_path / "b") as other:
        write(one, "a")
        write(other, "b")
    assert names(tmp_path) == ["a", "b"]


def test_claim_of_a_killed_process_is_void(tmp_path: Path) -> None:
    write_and_be_killed("replaced_directory", tmp_path / "out")
    assert names(tmp_path) == [".out.lock", ".out.partial"]
    with replaced_directory(tmp_path / "out") as directory:
        write(directory, "whole")
    assert names(tmp_path) == ["out"]


def test_claim_is_given_up_when_the_work_fails(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), replaced_file(tmp_path / "page.html") as partial:
            partial.write_text("half")
            raise ZeroDivisionError
    assert names(tmp_path) == []


def test_lock_that_was_removed_meanwhile_is_not_taken_for_a_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody opened the file before its owner removed it, and locks it afterwards."""
    opened = os.open

    def open_and_lose_once(path: Path, *arguments: int) -> int:
        descriptor = opened(path, *arguments)
        monkeypatch.setattr(os, "open", opened)
        path.unlink()
        return descriptor

    monkeypatch.setattr(os, "open", open_and_lose_once)
    with claimed(tmp_path / "out"):
        assert names(tmp_path) == [".out.lock"]
        with pytest.raises(DataPrepError), claimed(tmp_path / "out"):
            pass


def test_failed_file_leaves_the_former_one(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("former")
    with pytest.raises(ZeroDivisionError), replaced_file(page) as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert (page.read_text(), names(tmp_path)) == ("former", ["page.html"])


def test_page_that_was_half_written_by_a_killed_report_is_no_foreign_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write_and_be_killed("replaced_file", out / "report.html")
    assert names(out) == [".report.html.lock", ".report.html.partial"]
    with replaced_directory(out) as directory:
        write(directory, "new")
    assert (names(tmp_path), names(out)) == (["out"], ["train.txt"])


REPLACES_A_DIRECTORY = """
import sys
from pathlib import Path
from data_prep.dataset.files import replaced_directory
from_here_on()
with replaced_directory(Path(sys.argv[1])) as directory:
    (directory / "train.txt").write_text("new")
    (directory / "dataset.json").write_text("{}")
"""
REPLACES_A_FILE = """
import sys
from pathlib import Path
from data_prep.dataset.files import replaced_file
from_here_on()
with replaced_file(Path(sys.argv[1])) as partial:
    partial.write_text("new")
"""


def test_directory_is_whole_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    out = tmp_path / "out"

    def again(content: str) -> None:
        with replaced_directory(out) as directory:
            write(directory, content)

    again("old")
    for step in killed_at_each_step(REPLACES_A_DIRECTORY, [str(out)]):
        if out.exists():  # it has another name between the two renamings
            found = {entry.name: entry.read_text() for entry in out.iterdir()}
            assert found in ({"train.txt": "old"}, {"train.txt": "new", "dataset.json": "{}"}), step
        again("old")
        assert names(tmp_path) == ["out"], step
        assert {entry.name: entry.read_text() for entry in out.iterdir()} == {"train.txt": "old"}
    assert (out / "train.txt").read_text() == "new"


def test_file_is_whole_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("old")
    for step in killed_at_each_step(REPLACES_A_FILE, [str(page)]):
        assert page.read_text() in {"old", "new"}, step
        with replaced_file(page) as partial:
            partial.write_text("old")
        assert (names(tmp_path), page.read_text()) == (["page.html"], "old"), step
    assert page.read_text() == "new"


def test_former_files_come_back_when_the_run_after_a_kill_fails(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    write(out, "old")
    for step in killed_at_each_step(REPLACES_A_DIRECTORY, [str(out)]):
        with pytest.raises(ZeroDivisionError), replaced_directory(out):
            raise ZeroDivisionError
        assert names(tmp_path) == ["out"], step
        assert (out / "train.txt").read_text() in {"old", "new"}, step


def test_prefix_of_a_dataset_follows_both_hashes() -> None:
    prefixes = {dataset_prefix(*pair) for pair in (("a", "b"), ("b", "a"), ("a", "c"), ("a b", ""))}
    assert len(prefixes) == 4
    assert {prefix.rpartition("/")[0] for prefix in prefixes} == {"datasets"}
