"""The rows of CSV, JSON Lines and Parquet files, piece by piece, in bounded memory."""

import csv
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from polars.exceptions import PolarsError

from data_prep.bad_rows import Bad, BadRow
from data_prep.csv_records import CsvSplitter
from data_prep.errors import DataPrepError
from data_prep.layout import Layout

PIECE_BYTES = 4 * 2**20
PARQUET_ROWS = 16_384
LINE = "__line__"
FORMATS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")


@dataclass(frozen=True)
class Piece:
    """Some rows of a file: the columns of the layout as strings, and the number of the line."""

    file: str
    is_test: bool
    sound: str = ""
    """CSV text without a header line, all of it sound; parsed by whoever needs the rows."""
    sound_lines: pl.Series | None = None
    columns: tuple[str, ...] = ()
    frame: pl.DataFrame | None = None
    """Further rows, already parsed."""
    bad: list[BadRow] = field(default_factory=list)
    read_bytes: int = 0

    def rows(self, needed: Sequence[str]) -> pl.DataFrame:
        """All of its rows."""
        frames = [] if self.frame is None else [self.frame]
        if self.sound_lines is not None and len(self.sound_lines):
            parsed = pl.read_csv(
                self.sound.encode(),
                has_header=False,
                schema=dict.fromkeys(self.columns, pl.String),
                columns=[self.columns.index(name) for name in needed],
                empty_string_is_null=False,
            )
            frames.append(parsed.with_columns(self.sound_lines.alias(LINE)))
        schema = {**dict.fromkeys(needed, pl.String), LINE: pl.Int64}
        if not frames:
            return pl.DataFrame(schema=schema)
        return pl.concat([frame.select(list(schema)) for frame in frames])


@dataclass(frozen=True)
class SourceFile:
    """One file of a data set."""

    path: Path
    is_test: bool
    """It is called `test`: the data set comes with a test file of its own."""


def find_files(path: Path) -> list[SourceFile]:
    """The file, or all the files in a folder that are of a known format.

    Raises:
        DataPrepError: there is none.
    """
    if not path.is_dir():
        _check_readable(path)
        return [SourceFile(path, is_test=False)]
    paths = sorted(
        entry
        for entry in path.iterdir()
        if entry.name.lower().endswith(FORMATS) and not entry.name.startswith(".")
    )
    if not paths:
        raise DataPrepError(f"there is no {', '.join(FORMATS)} file in {path}")
    files = [SourceFile(file, file.name.split(".")[0].lower() == "test") for file in paths]
    if all(file.is_test for file in files):
        raise DataPrepError(f"{path} has only test files; the training file is missing")
    return files


def _check_readable(path: Path) -> None:
    if path.exists() and not path.name.lower().endswith(FORMATS):
        raise DataPrepError(f"{path} is in none of the known formats: {', '.join(FORMATS)}")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataPrepError(f"cannot read {path}: {error.strerror}") from error


def read_pieces(source: SourceFile, layout: Layout) -> Iterator[Piece]:
    """The rows of a file, in order.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    name = source.path.name.lower()
    try:
        if name.endswith(".parquet"):
            yield from _parquet(source, layout)
        elif name.endswith((".csv", ".csv.gz")):
            yield from _csv(source, layout)
        else:
            yield from _json_lines(source, layout)
    except (OSError, EOFError, zlib.error, PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataPrepError(f"cannot read {source.path}: {reason}") from error


def _open(path: Path) -> BinaryIO:
    # gzip.GzipFile is one in all but its type.
    opened: Any = gzip.open if path.name.lower().endswith(".gz") else open
    file: BinaryIO = opened(path, "rb")
    return file


def _line_blocks(path: Path) -> Iterator[tuple[bytes, int, bool]]:
    """Whole lines, how many bytes of the file they took, and whether the file ends with them."""
    with _open(path) as file:
        held = b""
        before = 0
        block = file.read(PIECE_BYTES)
        if block.startswith(b"\xef\xbb\xbf"):
            block = block[3:]
        while block:
            following = file.read(PIECE_BYTES)
            position = getattr(file, "fileobj", file).tell()
            block = held + block
            end = block.rfind(b"\n") + 1 if following else len(block)
            held = block[end:]
            if end:
                yield block[:end], position - before, not following
                before = position
            block = following


def _csv(source: SourceFile, layout: Layout) -> Iterator[Piece]:
    columns = layout.columns
    splitter: CsvSplitter | None = None
    rest, number = "", 1
    for block, size, is_last in _line_blocks(source.path):
        text = rest + block.decode(errors="surrogateescape")
        if splitter is None:
            if columns is None:
                header, _, text = text.partition("\n")
                columns = _header(source.path, header)
                number = 2
            _check_columns(source.path, columns, layout.needed)
            splitter = CsvSplitter(source.path.name, fields=len(columns))
        records = splitter.split(text, first_line=number, is_last=is_last)
        number += text.count("\n") - records.rest.count("\n")
        rest = records.rest
        values = {
            name: [record[(columns or ()).index(name)] for _, record in records.others]
            for name in layout.needed
        }
        frame = pl.DataFrame(
            {**values, LINE: [line for line, _ in records.others]},
            schema={**dict.fromkeys(layout.needed, pl.String), LINE: pl.Int64},
        )
        yield Piece(
            source.path.name,
            source.is_test,
            records.sound,
            records.sound_lines,
            columns or (),
            frame,
            records.bad,
            size,
        )
    if splitter is None and columns is None:
        _check_columns(source.path, (), layout.needed)


def _header(path: Path, line: str) -> tuple[str, ...]:
    try:
        line.encode()
        return tuple(next(csv.reader([line.rstrip("\r")], strict=True), []))
    except UnicodeEncodeError as error:
        raise DataPrepError(
            f"the header line of {path} is not UTF-8. Convert the file first, for example with "
            "`iconv -f WINDOWS-1252 -t UTF-8`"
        ) from error
    except csv.Error as error:
        raise DataPrepError(f"the header line of {path} cannot be read: {error}") from error


def _check_columns(path: Path, columns: Sequence[str], needed: Sequence[str]) -> None:
    if missing := [name for name in needed if name not in columns]:
        raise DataPrepError(
            f"{path} has no column {', '.join(missing)}; its columns are: "
            f"{', '.join(columns) or '(none: the file is empty)'}"
        )
    if len(set(columns)) < len(columns):
        raise DataPrepError(f"{path} has two columns of one name: {', '.join(columns)}")


def _json_lines(source: SourceFile, layout: Layout) -> Iterator[Piece]:
    number = 0
    for block, size, _ in _line_blocks(source.path):
        rows: list[list[str | None]] = []
        lines: list[int] = []
        bad: list[BadRow] = []
        for line in block.removesuffix(b"\n").split(b"\n"):
            number += 1
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode())
                rows.append([_as_text(row[name]) for name in layout.needed])
                lines.append(number)
            except UnicodeDecodeError:
                shown = line.decode(errors="surrogateescape")
                bad.append(BadRow(Bad.NOT_UTF8, source.path.name, number, shown))
            except (ValueError, KeyError, TypeError, RecursionError):
                bad.append(BadRow(Bad.NOT_JSON, source.path.name, number, line.decode()))
        schema = dict.fromkeys(layout.needed, pl.String)
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        frame = frame.with_columns(pl.Series(LINE, lines, dtype=pl.Int64))
        yield Piece(source.path.name, source.is_test, frame=frame, bad=bad, read_bytes=size)


def _as_text(value: Any) -> str | None:
    """A value as a CSV file would have it; 5.0 is 5, as in Amazon's `overall`.

    Raises:
        TypeError: it is a list or an object.
    """
    if value is None or isinstance(value, str):
        # A lone surrogate can be written in JSON, but in no UTF-8 file.
        return value if value is None else value.encode(errors="replace").decode()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return str(value).lower()
    raise TypeError


def _parquet(source: SourceFile, layout: Layout) -> Iterator[Piece]:
    scan = pl.scan_parquet(source.path)
    schema = scan.collect_schema()
    _check_columns(source.path, schema.names(), layout.needed)
    rows = scan.select(pl.len()).collect().item()
    size = source.path.stat().st_size
    chosen = [_column_as_text(name, schema[name]) for name in layout.needed]
    for start in range(0, rows, PARQUET_ROWS):
        frame = scan.slice(start, PARQUET_ROWS).select(chosen).collect()
        numbers = pl.Series(LINE, range(start + 1, start + 1 + len(frame)), dtype=pl.Int64)
        share = size * len(frame) // rows
        yield Piece(
            source.path.name, source.is_test, frame=frame.with_columns(numbers), read_bytes=share
        )


def _column_as_text(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if not kind.is_float():
        return column.cast(pl.String)
    whole = (column == column.round()) & column.is_finite()
    as_integer = column.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.when(whole).then(as_integer).otherwise(column.cast(pl.String)).alias(name)
