"""JSON Lines files, in blocks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from data_prep.reading.bad_rows import Bad, BadRow
from data_prep.reading.layout import Layout
from data_prep.reading.line_blocks import LineBlock, line_blocks, open_lines
from data_prep.reading.pieces import LINE, Piece, SourceFile, readable


@dataclass(frozen=True)
class JsonBlock:
    """Some lines of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    lines: LineBlock
    needed: list[str]

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no object goes beyond its line."""
        name = self.source.path.name
        rows: list[list[str | int | None]] = []
        bad: list[BadRow] = []
        lines = (before + self.lines.content).removesuffix(b"\n").split(b"\n")
        for number, line in enumerate(lines, start=self.lines.first_line):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode())
                rows.append([*(_as_text(row[column]) for column in self.needed), number])
            except UnicodeDecodeError:
                shown = line.decode(errors="surrogateescape")
                bad.append(BadRow(Bad.NOT_UTF8, name, number, shown))
            except (ValueError, KeyError, TypeError, RecursionError):
                bad.append(BadRow(Bad.NOT_JSON, name, number, line.decode()))
        schema = {**dict.fromkeys(self.needed, pl.String), LINE: pl.Int64}
        return Piece(
            file=name,
            is_test=self.source.is_test,
            frame=pl.DataFrame(rows, schema=schema, orient="row"),
            bad=bad,
            read_bytes=self.lines.read_bytes,
        )


def json_blocks(source: SourceFile, layout: Layout) -> Iterator[JsonBlock]:
    """The blocks of a file.

    Raises:
        DataPrepError: the file cannot be read.
    """
    with readable(source.path), open_lines(source.path) as file:
        for lines in line_blocks(file):
            yield JsonBlock(source, lines, layout.needed)


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
