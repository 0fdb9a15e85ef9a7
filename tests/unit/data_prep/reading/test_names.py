"""A name is a name: nothing in it is a pattern, and none of them ends a command."""

import json
import os
import subprocess
from pathlib import Path

import polars as pl
import pytest

from data_prep.__main__ import main
from data_prep.errors import DataPrepError
from data_prep.reading.s3_sources import as_local_file, find_objects
from data_prep.reading.shown import as_option, as_word, printable
from tests.unit.data_prep.reading.files import ROWS, as_csv, layout, rows_of, written
from tier_layout.s3_address import S3Address

NOT_UTF8 = os.fsdecode(b"caf\xe9")
ODD = ["stay[1]", "stay?", "stay*", "{stay}", "100%25", "a b, c", "März\n", NOT_UTF8]


@pytest.mark.parametrize("name", ODD)
def test_file_that_is_named_is_the_one_that_is_read(name: str, tmp_path: Path) -> None:
    for other in ("stay1", "stayx", "stay", "100%"):
        pl.DataFrame({"text": ["wrong"], "label": ["x"]}).write_parquet(tmp_path / other)
    file = tmp_path / name
    with file.open("wb") as output:
        pl.DataFrame(ROWS, schema=["text", "label"], orient="row").write_parquet(output)
    assert rows_of(file) == ROWS


def test_names_that_are_not_utf8_end_no_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = written(tmp_path, as_csv() + '"broken "row"",good\n', f"{NOT_UTF8}.csv")
    out = tmp_path / NOT_UTF8
    options = ["--text", "text", "--label", "label", "--max-bad", "50", "--out", str(out)]
    assert main(["prepare", str(source), *options]) == 0
    assert main(["report", str(out)]) == 0
    manifest = json.loads((out / "dataset.json").read_text(encoding="utf-8"))
    assert r"caf\xe9.csv'" in manifest["command"]
    assert r"caf\xe9.csv, line 20" in capsys.readouterr().out


def test_root_is_no_place_to_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = written(tmp_path, as_csv())
    options = ["--text", "text", "--label", "label", "--out", "/"]
    assert main(["prepare", str(source), *options]) == 2
    assert "cannot write /" in capsys.readouterr().err


def test_words_of_messages_are_read_by_a_shell_as_they_were() -> None:
    words = [*ODD, "plain", "", " a ", "it's", 'say "so"', "a\\b", "tab\there", "$HOME", "\u200b"]
    shell = ["bash", "-c", f"printf '%s\\0' {' '.join(map(as_word, words))}"]
    printed = subprocess.run(shell, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"})
    assert [os.fsdecode(word) for word in printed.stdout.split(b"\0")[:-1]] == words


@pytest.mark.parametrize("name", ["Review, in full", ' "x"', "two\nlines", " both ", "a;b"])
def test_name_in_a_message_can_be_pasted_into_an_option(name: str, tmp_path: Path) -> None:
    file = written(tmp_path, as_csv(header=(name, "label")))
    with pytest.raises(DataPrepError) as caught:
        rows_of(file, layout("other"))
    assert as_option(name) in str(caught.value)
    shell = ["bash", "-c", f"printf %s {as_option(name)}"]
    typed = subprocess.run(shell, capture_output=True, check=True, text=True).stdout
    options = ["--text", typed, "--label", "label", "--out", str(tmp_path / "out")]
    assert main(["prepare", str(file), *options]) == 0


def test_printable_name_can_be_encoded() -> None:
    assert printable(f"{NOT_UTF8} ü") == r"caf\xe9 ü"


class FakeS3:
    """A bucket with some objects."""

    def __init__(self, *keys: str) -> None:
        self.keys = keys

    def get_paginator(self, _: str) -> "FakeS3":
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, object]]:  # noqa: N803
        assert Bucket == "b"
        found = [{"Key": key, "Size": 1} for key in self.keys if key.startswith(Prefix)]
        return [{"Contents": found}]

    def download_file(self, bucket: str, key: str, path: str) -> None:
        Path(path).write_text(as_csv([(key, bucket)]), encoding="utf-8")


@pytest.mark.parametrize(
    "key", ["raw/a[1].csv", "raw/a?", "raw/%2F*", "raw/" + "x" * 300, "raw/.."]
)
def test_key_is_taken_as_it_is(key: str) -> None:
    s3 = FakeS3(key, f"{key}/more.csv", "raw/a1.csv")
    (found,) = find_objects(s3, S3Address("b", key))
    with as_local_file(s3, found) as source:
        assert rows_of(source.path) == [(key, "b")]
        assert (source.name, source.shown) == (key.removeprefix("raw/"), f"s3://b/{key}")


def test_folder_of_objects_has_those_that_are_called_as_data_are() -> None:
    s3 = FakeS3("raw/", "raw/a.tsv", "raw/b.xlsx", "raw/notes.txt", "raw/deep/c.csv")
    found = find_objects(s3, S3Address("b", "raw/"))
    assert [entry.name for entry in found] == ["a.tsv", "b.xlsx"]
