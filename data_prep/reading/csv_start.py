"""What stands before a CSV file's first record of data, and how it goes on from there."""

import csv
import re
from dataclasses import dataclass

from data_prep.errors import DataPrepError
from data_prep.reading.columns import find_columns
from data_prep.reading.csv_dialect import Dialect
from data_prep.reading.csv_samples import chosen, sample_of
from data_prep.reading.layout import Layout
from data_prep.reading.pieces import SourceFile
from data_prep.reading.shown import as_option, as_word

_FEWEST_ROWS = 3
"""Of one width that say that the header is wrong, and not some rows."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?', re.IGNORECASE)
"""Excel's own word about the delimiter, in the first line."""


@dataclass(frozen=True, kw_only=True)
class CsvStart:
    """What stands before a file's first record of data, and how it goes on."""

    dialect: Dialect
    columns: tuple[str, ...]
    """Of the file, in their order."""
    places: list[int]
    """Of the columns that are needed, among them."""
    skipped: int
    """Characters before the first record."""
    first_line: int
    """The number of its first line."""


def look_at(source: SourceFile, head: str, layout: Layout, *, is_whole: bool) -> CsvStart:
    """Finds out how a file is written.

    Args:
        source: The file, for messages.
        head: How it begins.
        layout: What the user says of it.
        is_whole: Nothing comes after `head`.

    Raises:
        DataPrepError: a column is missing, or no record has the fields that the header names.
    """
    lines = head.split("\n")
    if not is_whole and len(lines) > 1:
        lines.pop()
    begin, said = _before_header(lines, layout)
    lines = [f"{line}\n" for line in lines]
    body = lines[begin:]
    dialect = chosen(source, body, layout, said, is_whole=is_whole)
    columns, used = layout.columns, 0
    if columns is None:
        columns, used = _header(source, body, dialect)
    if columns and body:
        columns = (columns[0].removeprefix("\ufeff"), *columns[1:])
    hint = ""
    comment = re.match(r"#|//|%", body[0]) if body and layout.comment is None else None
    if comment:
        hint = f"If that line is a comment: --comment {as_word(comment[0])}"
    elif len(columns) == 1:
        hint = "If something else parts its columns: --delimiter CHARACTER"
    elif layout.columns is None:
        hint = "If its first line is a row already, name the columns with --columns"
    places = find_columns(source, columns, layout.needed, hint=hint)
    dialect = dialect.with_columns(columns)
    _check_width(source, body[used:], dialect, columns, is_whole=is_whole)
    before = lines[: begin + used]
    skipped = min(sum(map(len, before)), len(head))
    return CsvStart(
        dialect=dialect, columns=columns, places=places, skipped=skipped,
        first_line=1 + begin + used,
    )  # fmt: skip


def _before_header(lines: list[str], layout: Layout) -> tuple[int, str | None]:
    """How many lines stand before the header line, and the delimiter that one of them says."""
    said = None
    for number, line in enumerate(lines):
        separator = _SEPARATOR_LINE.fullmatch(line.removeprefix("\ufeff"))
        if separator and said is None:
            said = separator[1]
        elif line.strip(" \r\x1a") and not (layout.comment and line.startswith(layout.comment)):
            return number, said
    return len(lines), said


def _header(source: SourceFile, lines: list[str], dialect: Dialect) -> tuple[tuple[str, ...], int]:
    """The names in the header, and how many lines they take."""
    reader = dialect.records(iter(lines))
    try:
        return tuple(next(reader, ())), reader.line_num  # type: ignore[attr-defined]
    except csv.Error as error:
        raise DataPrepError(
            f"the header line of {source.shown} cannot be read: {error}. --quoting none reads "
            "quotes as characters like any other"
        ) from error


def _check_width(
    source: SourceFile,
    lines: list[str],
    dialect: Dialect,
    columns: tuple[str, ...],
    *,
    is_whole: bool,
) -> None:
    """Stops if no record has the fields that the header names, and all have as many others.

    Raises:
        DataPrepError: so it is.
    """
    sample = sample_of(
        lines, dialect, Layout(text=(), label="", columns=columns), is_whole=is_whole
    )
    widths = {len(row) for row in sample.rows}
    enough = len(sample.rows) >= _FEWEST_ROWS
    if not enough or len(widths) != 1 or any(map(dialect.fits, sample.rows)):
        return
    (width,) = widths
    if sample.rows[0][0].startswith("'"):
        remedy = "Single quotes do not quote in CSV files: write double ones"
    elif width > dialect.most:
        remedy = (
            "Give the others a name, too; or if a text has the delimiter in it, put it in quotes, "
            "or name another delimiter with --delimiter"
        )
    else:
        remedy = "Take the names away that have no fields, or mend the rows"
    raise DataPrepError(
        f"wrong number of fields in {source.shown}: every row has {width}, but there are "
        f"{len(columns)} names of columns ({', '.join(map(as_option, columns))}), e.g. "
        f"{dialect.delimiter.join(sample.rows[0])[:80]!r}. {remedy}"
    )
