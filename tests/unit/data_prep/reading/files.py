"""Small tables for the readers, and what comes of them."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from data_prep.reading.bad_rows import Bad
from data_prep.reading.layout import Layout
from data_prep.reading.sources import LINE, SourceFile, read_pieces

ROWS = [(f"A {word} stay, night {n}", label) for n in range(9)
        for word, label in (("quiet", "good"), ("noisy", "bad"))]  # fmt: skip
HEADER = ("text", "label")


def as_csv(
    rows: Sequence[Sequence[Any]] = ROWS, header: Sequence[str] = HEADER, **dialect: Any
) -> str:
    output = io.StringIO(newline="")
    csv.writer(output, **{"lineterminator": "\n", **dialect}).writerows([header, *rows])
    return output.getvalue()


def layout(text: str = "text", label: str = "label", **more: Any) -> Layout:
    return Layout(text=(text,), label=label, **more)


def written(folder: Path, content: str | bytes, name: str = "stays.csv") -> Path:
    file = folder / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def rows_of(file: Path, wanted: Layout | None = None) -> list[tuple[str | None, ...]]:
    """Text and label of each row, in the order of the file."""
    wanted = wanted or layout()
    pieces = [*read_pieces(SourceFile(file, is_test=False), wanted)]
    frame = pl.concat([piece.rows(wanted.needed) for piece in pieces]).sort(LINE)
    return frame.select(*wanted.text, wanted.label).rows()


def bad_of(file: Path, wanted: Layout | None = None) -> list[tuple[Bad, int]]:
    pieces = read_pieces(SourceFile(file, is_test=False), wanted or layout())
    return [(row.reason, row.line) for piece in pieces for row in piece.bad]
