"""Records of CSV files, however broken, and wherever a block ends."""

import csv
import re
import tempfile
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from data_prep.dataset.spool import BUCKETS, Spool
from data_prep.errors import DataPrepError
from data_prep.reading import line_blocks, utf8
from data_prep.reading.bad_rows import Bad
from data_prep.reading.csv_dialect import Dialect
from data_prep.reading.csv_records import LONGEST_RECORD, CsvSplitter
from data_prep.reading.labels import LabelMap, canonical
from data_prep.reading.layout import Layout, Quoting
from data_prep.reading.sources import LINE, SourceFile, read_blocks, read_pieces
from data_prep.reading.text_file import returns_end_lines
from data_prep.reading.utf8 import lines_not_utf8

COLUMNS = ("text", "label")
LAYOUT = Layout(
    text=("text",), label="label", columns=COLUMNS, encoding="utf-8", delimiter=",",
    quoting=Quoting.DOUBLED,
)  # fmt: skip
BLOCK_SIZES = (1, 7, 23, 64)

Found = tuple[list[tuple[str, str, int]], list[tuple[Bad, int, str]]]

SNIPPETS = (
    b"good,1\n", b'"good","1"\r\n', b'"two\nlines","1"\n', b'"a ""word""","0"\n',
    b"caf\xc3\xa9,1\n", b'"never closed,1\n', b'"a "word"","0"\n', b"one field\n", b"a,b,c\n",
    b"caf\xe9,1\n", b'"caf\xe9\xe9","1"\n', b'"\xff\ntwo","1"\n', b'"', b'""', b",", b"\r", b"\n",
    b"\xef\xbb\xbf", b"\r\n", b"\v", b"\xe2\x82", b"\xff", b"x", b"\0",
)  # fmt: skip
CONTENT = st.lists(st.sampled_from(SNIPPETS), max_size=20).map(b"".join)


def read(content: bytes, *, block_bytes: int = 2**20) -> Found:
    """Rows and bad rows of a file with this content, in the order of its lines."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK_BYTES", block_bytes)
        file = Path(folder, "r.csv")
        file.write_bytes(content)
        try:
            pieces = list(read_pieces(SourceFile(file, is_test=False), LAYOUT))
        except DataPrepError as error:
            assume("wrong number of fields" not in str(error))
            assert "is empty" in str(error)
            return [], []
    rows = pl.concat([piece.rows(COLUMNS) for piece in pieces]).sort(LINE)
    return rows.rows(), [(row.reason, row.line, row.text) for piece in pieces for row in piece.bad]


def decodes(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def records_of(lines: list[str]) -> tuple[list[list[str]] | None, int]:
    """What the lines begin with and how many it takes, by Python's strict parser.

    Carriage returns end records if each of these then is one, and else are white space.
    """
    if "\r" in lines[0].rstrip("\r"):
        parts = re.split(r"(?<=\r)(?!$)", lines[0])
        try:
            several = [record for record in csv.reader(parts, strict=True) if any(record)]
        except csv.Error:
            several = []
        if len(several) > 1 and all(map(fits, several)):
            return several, 1
    returns = [re.sub(r"\r(?=.)", "\ue00d", line) for line in lines]
    reader = csv.reader((line + "\n" for line in returns), strict=True)
    try:
        record = [field.replace("\ue00d", "\r") for field in next(reader)]
    except csv.Error:
        return None, 1
    if reader.line_num > 1 and not fits(record):
        return None, 1
    return [record], reader.line_num


def fits(record: list[str]) -> bool:
    return len(record) >= len(COLUMNS) and not any(record[len(COLUMNS) :])


def read_by_python(content: bytes) -> Found:
    """The same, a line at a time."""
    text = content.removeprefix(b"\xef\xbb\xbf").decode(errors="surrogateescape")
    lines = text.removesuffix("\n").split("\n")
    rows: list[tuple[str, str, int]] = []
    bad: list[tuple[Bad, int, str]] = []
    at = 0
    if not text.strip("\ufeff\0\x1a \t\r\n\v\f"):
        return rows, bad
    while at < len(lines):
        first = at
        at += 1
        line = lines[first].strip("\r")
        if not line.strip(" ") or not line.strip(","):
            continue
        records, used = records_of(lines[first:])
        at = first + used
        source = "\n".join(lines[first:at])
        if not decodes(source.encode(errors="surrogateescape")):
            bad.append((Bad.ENCODING, first + 1, source.rstrip("\r")))
        elif records is not None and all(map(fits, records)):
            rows += [(record[0], canonical(record[1]), first + 1) for record in records]
        else:
            reason = Bad.QUOTING if records is None else Bad.FIELDS
            bad.append((reason, first + 1, source.rstrip("\r")))
    return rows, bad


@settings(max_examples=300)
@given(CONTENT)
@example(b'"x",1\n"caf\xe9\xe9","1"\n')
@example(b'"a\r\n\r\nb",1\r\nx,y')
@example(b'"a,b\nc,d\n')
@example(b"\xef\xbb\xbf\xef\xbb\xbfa,b\n")
def test_any_content_is_read_as_python_reads_it(content: bytes) -> None:
    text = content.decode(errors="surrogateescape").removeprefix("\ufeff")
    assume(not returns_end_lines(text))
    assert read(content) == read_by_python(content)


@settings(max_examples=100)
@given(CONTENT)
@example(b'"begins,1\n' + b"in the middle,1\n" * 9 + b'ends",1\n')
def test_the_end_of_a_block_means_nothing(content: bytes) -> None:
    whole = read(content)
    for size in BLOCK_SIZES:
        assert read(content, block_bytes=size) == whole


def spooled(content: bytes, block_bytes: int) -> tuple[object, ...]:
    """What preparing the blocks of such a file on all processors comes to."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(line_blocks, "BLOCK_BYTES", block_bytes)
        file = Path(folder, "r.csv")
        file.write_bytes(content)
        spool = Spool(Path(folder))
        sizes: list[int] = []
        # Named labels, so that odd ones are dropped rather than refused.
        layout = replace(LAYOUT, labels=LabelMap({"1": "good", "2": "bad"}))
        try:
            spool.fill(read_blocks(SourceFile(file, is_test=False), layout), layout, sizes.append)
        except DataPrepError as error:
            return (str(error).replace(folder, ""),)
        lines = sorted(line for bucket in range(BUCKETS) for line in spool.lines(bucket))
    assert sum(sizes) == len(content), "progress must end at the whole"
    return lines, spool.rows_in, spool.not_mapped, spool.bad.as_manifest()


@settings(max_examples=10)
@given(st.lists(st.sampled_from(SNIPPETS), min_size=5, max_size=20).map(b"".join))
@example(b'"begins,1\n' + b"in the middle,1\n" * 9 + b'ends",1\n')
def test_blocks_parsed_at_once_give_what_they_give_one_by_one(content: bytes) -> None:
    assert spooled(content, 23) == spooled(content, 2**20)


@settings(max_examples=200)
@given(CONTENT, st.sampled_from([4, 5, 16, 2**14]))
def test_lines_not_utf8_are_those_that_do_not_decode(content: bytes, chunk_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(utf8, "CHUNK_BYTES", chunk_bytes)
        found = [content[begin:end] for begin, end in lines_not_utf8(content)]
    assert found == [line for line in content.split(b"\n") if not decodes(line)]


def test_quote_that_never_closes_costs_its_own_line_only() -> None:
    after = b"sound,1\n" * (LONGEST_RECORD // 8 + 1)
    records = CsvSplitter("r.csv", Dialect(least=2, most=2)).split(
        b'"open,1\n' + after, first_line=1, is_last=False
    )
    assert [(row.reason, row.line) for row in records.bad] == [(Bad.QUOTING, 1)]
    assert (records.sound, records.rest) == (after, b"")


def test_block_ends_where_a_record_does_if_that_is_near(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_blocks, "BLOCK_BYTES", 40)
    file = tmp_path / "r.csv"
    file.write_bytes(b'"one line","1"\n"of\nmore\nthan one","1"\n' * 9)
    pieces = list(read_pieces(SourceFile(file, is_test=False), LAYOUT))
    assert len(pieces) > 2
    assert [piece.rest for piece in pieces] == [b""] * len(pieces)
