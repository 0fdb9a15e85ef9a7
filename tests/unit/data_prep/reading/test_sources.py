"""Formats, presets and bad rows: what is read from a file, and what is said about the rest."""

import csv
import gzip
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.__main__ import main
from data_prep.errors import DataPrepError
from data_prep.reading import line_blocks, parquet_blocks
from data_prep.reading.bad_rows import Bad
from data_prep.reading.labels import canonical
from data_prep.reading.layout import Layout, Quoting, preset
from data_prep.reading.sources import LINE, SourceFile, find_files, read_pieces

ROWS = [
    (f"title {n}", f'a "text", {n}\nof two lines', "good" if n % 2 else "bad") for n in range(20)
]
LAYOUT = Layout(text=("title", "text"), label="label")
NAMES = ("title", "text", "label")
FIELD = st.text(st.sampled_from('a",\n\r é'), max_size=6)


def read(
    file: Path, layout: Layout = LAYOUT
) -> tuple[list[tuple[str | None, ...]], list[tuple[Bad, int]]]:
    """Rows (title, text, label) in the order of their lines, and what is bad in which line."""
    pieces = list(read_pieces(SourceFile(file, is_test=False), layout))
    rows = pl.concat([piece.rows(layout.needed) for piece in pieces]).sort(LINE)
    bad = [(row.reason, row.line) for piece in pieces for row in piece.bad]
    return rows.select("title", "text", "label").rows(), bad


def as_csv(rows: Sequence[tuple[str, ...]], quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> str:
    output = io.StringIO(newline="")
    csv.writer(output, quoting=quoting, lineterminator="\r\n").writerows([NAMES, *rows])
    return output.getvalue()


@pytest.mark.parametrize("block_bytes", [7, 64, 2**22])
def test_every_format_gives_the_same_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", block_bytes)
    monkeypatch.setattr(parquet_blocks, "BLOCK_ROWS", block_bytes)
    text = as_csv(ROWS)
    lines = "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in ROWS)
    (tmp_path / "a.csv").write_bytes(text.encode())
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    (tmp_path / "c.jsonl").write_bytes(lines.encode())
    (tmp_path / "d.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    pl.DataFrame(ROWS, schema=list(NAMES), orient="row").write_parquet(tmp_path / "e.parquet")
    for source in find_files(tmp_path):
        assert read(source.path) == (ROWS, [])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(FIELD, FIELD, FIELD), max_size=12),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_sound_csv_is_read_as_python_reads_it(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, ...]],
    quoting: Literal[0, 1],
) -> None:
    file = tmp_path_factory.mktemp("csv") / "r.csv"
    file.write_bytes(as_csv(rows, quoting).encode())
    blank = quoting == csv.QUOTE_MINIMAL
    expected = [
        (title, text, canonical(label))
        for title, text, label in rows
        if not (blank and not title + text + label)
    ]
    assert read(file, replace(LAYOUT, delimiter=",", quoting=Quoting.DOUBLED)) == (expected, [])


def test_one_broken_line_does_not_take_the_others_with_it(tmp_path: Path) -> None:
    good = '"é","one, ""two""","good"\n'
    broken = [
        ('"x","never closed,"good"\n', Bad.QUOTING),
        ('"x","a "word" not doubled","good"\n', Bad.QUOTING),
        ('"x","y"\n', Bad.FIELDS),
        ('"x","y","good","more"\n', Bad.FIELDS),
        ('"x","caf\udce9","good"\n', Bad.ENCODING),
    ]
    text = "title,text,label\n" + "".join(good + line for line, _ in broken) + good
    file = tmp_path / "r.csv"
    file.write_bytes(text.encode(errors="surrogateescape"))
    rows, bad = read(file)
    assert rows == [("é", 'one, "two"', "good")] * 6
    assert bad == [(reason, 3 + 2 * number) for number, (_, reason) in enumerate(broken)]


def test_bad_json_lines_are_counted(tmp_path: Path) -> None:
    row: dict[str, Any] = {"title": "x", "text": None, "label": 5.0, "more": []}
    lines = [json.dumps(row), "{", '{"title": "x"}', "[]", "", json.dumps({**row, "text": {}})]
    file = tmp_path / "r.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    rows, bad = read(file)
    assert rows == [("x", None, "5"), ("x", None, None)]
    assert bad == [(Bad.NOT_JSON, 2), (Bad.NOT_JSON, 4), (Bad.NOT_A_VALUE, 6)]


def test_parquet_labels_may_be_numbers(tmp_path: Path) -> None:
    frame = pl.DataFrame({"title": ["a", "b"], "text": ["x", None], "label": [4.0, 1.5]})
    frame.write_parquet(tmp_path / "r.parquet")
    assert read(tmp_path / "r.parquet")[0] == [("a", "x", "4"), ("b", None, "1.5")]


def test_truncated_gzip_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "r.csv.gz"
    file.write_bytes(gzip.compress(as_csv(ROWS).encode())[:-20])
    with pytest.raises(DataPrepError, match=r"cannot read .*r\.csv\.gz"):
        read(file)


@pytest.mark.parametrize(
    ("name", "classes", "lines", "labels"),
    [
        ("amazon-full", "2", '"{0}","T {1}","text"\n', {"negative", "positive"}),
        ("amazon-full", "3", '"{0}","T {1}","text"\n', {"negative", "neutral", "positive"}),
        ("amazon-full", "5", '"{0}","T {1}","text"\n', {f"stars{n}" for n in range(1, 6)}),
        ("amazon-polarity", "2", '"{0}","T {1}","text"\n', {"negative", "positive"}),
        ("imdb", "2", "text {1},{0}\n", {"negative", "positive"}),
    ],
)
def test_preset_knows_columns_labels_and_the_test_file(
    tmp_path: Path, name: str, classes: str, lines: str, labels: set[str]
) -> None:
    header = "text,label\n" if name == "imdb" else ""
    for file, first in (("train.csv", 0), ("test.csv", 60)):
        rows = [lines.format(number % 6, number) for number in range(first, first + 60)]
        (tmp_path / file).write_text(header + "".join(rows), encoding="utf-8")
    options = ["--preset", name, "--classes", classes, "--out", str(tmp_path / "out")]
    assert main(["prepare", str(tmp_path), *options]) == 0
    manifest = json.loads((tmp_path / "out/dataset.json").read_text(encoding="utf-8"))
    assert set(manifest["labels"]["train"]) == set(manifest["labels"]["test"]) == labels
    assert set(manifest["labels"]["test"].values()) <= {10, 20}


def test_preset_without_so_many_classes_is_refused() -> None:
    with pytest.raises(DataPrepError, match="Use --classes 2"):
        preset("amazon-polarity", 5)


def test_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataPrepError, match=r"no file of a known kind .*\.csv"):
        find_files(tmp_path)
