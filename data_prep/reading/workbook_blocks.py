"""Excel workbooks, in blocks of rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import IO

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from data_prep.errors import DataPrepError
from data_prep.reading.columns import find_columns
from data_prep.reading.layout import Layout
from data_prep.reading.pieces import LINE, Piece, SourceFile
from data_prep.reading.shown import as_option, as_word
from data_prep.reading.values import settled

BLOCK_ROWS = 16_384
_SAVE_AS = "Save the sheet as CSV (UTF-8) first"

Cell = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True)
class WorkbookBlock:
    """Some rows of a sheet; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    rows: list[tuple[int, list[Cell]]]
    """Each with its number in the sheet."""
    places: list[int]
    read_bytes: int
    layout: Layout

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no row goes beyond a block."""
        rows = [
            [*(_as_text(row[at]) if at < len(row) else None for at in self.places), number]
            for number, row in self.rows
            if any(cell != "" for cell in row)
        ]
        schema = {**dict.fromkeys(self.layout.needed, pl.String), LINE: pl.Int64}
        frame = pl.DataFrame(rows, schema=schema, orient="row")
        frame, bad = settled(frame, self.layout, self.source, typed=False)
        return Piece(
            file=self.source.name,
            frame=frame,
            bad=bad,
            read_bytes=self.read_bytes,
        )


def workbook_blocks(source: SourceFile, layout: Layout) -> Iterator[WorkbookBlock]:
    """The blocks of the sheet that is named, or of the first one that has the columns.

    Raises:
        DataPrepError: the workbook cannot be read, or a sheet or a column is missing.
    """
    with source.path.open("rb") as file:
        try:
            yield from _blocks(source, file, layout)
        except PasswordError as error:
            raise DataPrepError(
                f"{source.shown} is protected by a password. {_SAVE_AS}, or take the password away"
            ) from error
        except CalamineError as error:
            raise DataPrepError(
                f"{source.shown} cannot be read as an Excel workbook: {error}. {_SAVE_AS}"
            ) from error


def _blocks(source: SourceFile, file: IO[bytes], layout: Layout) -> Iterator[WorkbookBlock]:
    workbook = CalamineWorkbook.from_filelike(file)
    names = workbook.sheet_names
    if layout.sheet is not None and layout.sheet not in names:
        raise DataPrepError(
            f"{source.shown} has no sheet {as_word(layout.sheet)}; its sheets are: "
            f"{', '.join(map(as_word, names))}"
        )
    problem: DataPrepError | None = None
    for name in names if layout.sheet is None else [layout.sheet]:
        rows = _rows(workbook.get_sheet_by_name(name))
        columns = layout.columns
        if columns is None:
            header = next((row for _, row in rows if any(cell != "" for cell in row)), [])
            columns = tuple(_as_text(cell) or "" for cell in header)
        try:
            places = find_columns(source, columns, layout.needed)
        except DataPrepError as error:
            sheets = f" (sheet {as_option(name)} of {', '.join(map(as_option, names))}: --sheet)"
            problem = problem or DataPrepError(f"{error}{sheets}")
            continue
        size = source.path.stat().st_size
        while block := [*islice(rows, BLOCK_ROWS)]:
            yield WorkbookBlock(source, block, places, size, layout)
            size = 0
        return
    raise problem or DataPrepError(f"{source.shown} has no sheet with rows in it")


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    """Its rows from the first one, each with its number in the sheet."""
    return enumerate(sheet.iter_rows(), start=1)


def _as_text(cell: Cell) -> str | None:
    """A cell as a CSV file would have it; 5.0, which is how Excel has 5, is 5."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell) if cell != "" else None
