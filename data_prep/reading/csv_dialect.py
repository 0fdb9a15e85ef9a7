"""How a CSV file is written, by looking at its first records."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from data_prep.errors import DataPrepError
from data_prep.reading.columns import find_columns
from data_prep.reading.layout import Layout, Quoting
from data_prep.reading.pieces import SourceFile
from data_prep.reading.shown import as_option, as_word

DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 300
"""How many are looked at."""
_LONGEST = 200
"""Lines of a record among them."""
_FEWEST_ROWS = 3
"""Of one width that say that the header is wrong, and not some rows."""
_FEWEST_STRAY_QUOTES = 2
"""Broken lines that make a file one without quoting: a single one may be cut off."""
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?', re.IGNORECASE)
"""Excel's own word about the delimiter, in the first line."""
_TAB_NAMES = re.compile(r"\.(tsv|tab)(\.\w+)?$", re.IGNORECASE)
_BLANK_BEFORE_QUOTE = ' "'


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How records are told apart, and their fields."""

    delimiter: str = ","
    quoting: Quoting = Quoting.DOUBLED
    skip_blanks: bool = False
    """Blanks behind a delimiter do not count, not even before a quote."""
    comment: str | None = None
    least: int = 1
    """Fields that a record has at least: those that have a name."""
    most: int = 1
    """Fields that a record has at most, but for empty ones behind them."""

    def with_columns(self, names: Sequence[str]) -> "Dialect":
        """The dialect of a file with these columns.

        Of those without a name only the ones count that have a named one behind them.
        """
        named = [at for at, name in enumerate(names, start=1) if name.strip()]
        return replace(self, least=named[-1] if named else 1, most=max(len(names), 1))

    def fits(self, record: Sequence[str]) -> bool:
        """Whether it has as many fields as the header line says."""
        return len(record) >= self.least and not any(record[self.most :])

    def is_blank(self, line: str) -> bool:
        """Whether there is nothing in a line but delimiters, or a comment."""
        if self.comment and line.startswith(self.comment):
            return True
        line = line.strip("\r\n\x1a")
        return not line.strip(" ") or not line.strip(self.delimiter)

    def records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Python's parser, for lines that end with their line feeds.

        Raises:
            csv.Error: in the middle, the quoting is broken.
        """
        if self.quoting is Quoting.BACKSLASH:
            lines = map(self._with_backslashes_for_python, lines)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_NONE if self.quoting is Quoting.NONE else csv.QUOTE_MINIMAL,
            escapechar="\\" if self.quoting is Quoting.BACKSLASH else None,
            skipinitialspace=self.skip_blanks,
            strict=True,
        )

    def _with_backslashes_for_python(self, line: str) -> str:
        """A backslash that escapes nothing is doubled: Python would take it away."""
        special = f'"\\{self.delimiter}\n'
        return re.sub(
            r"\\(.)",
            lambda found: found[0] if found[1] in special else f"\\\\{found[1]}",
            line,
            flags=re.DOTALL,
        )


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
    dialect = _chosen(source, body, layout, said, is_whole=is_whole)
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


@dataclass(frozen=True)
class _Sample:
    """The first records as a dialect has them."""

    header: list[str]
    rows: list[list[str]]
    lost: int
    """Lines that belong to no record with as many fields as there are columns."""
    fitting: int
    """Rows that have as many."""
    width: int
    """Columns."""
    starts: list[int]
    """The lines with which the rows begin."""
    found: int
    """How many of the needed columns the header has; without one, how many rows fit."""
    labels: int
    """How many values the label column has, if it is known which that is."""

    def better_than(self, other: "_Sample") -> bool:
        """Whether it has more of the columns, or as many and loses fewer lines."""
        return (self.found, -self.lost) > (other.found, -other.lost)

    @property
    def evidence(self) -> tuple[int, bool, float, int]:
        """How much speaks for its delimiter; to be compared.

        The columns that are found, or without a header line rows of as many fields; several
        columns; rows of one width; and, where two still are level, few values of the label column.
        """
        agreement = self.fitting / max(len(self.rows), 1)
        return self.found, self.width > 1, agreement, -self.labels


def _sample(lines: list[str], dialect: Dialect, layout: Layout, *, is_whole: bool) -> _Sample:
    header: list[str] = []
    if layout.columns:
        dialect = dialect.with_columns(layout.columns)
    rows: list[list[str]] = []
    starts: list[int] = []
    lost = at = 0
    while at < len(lines) and len(rows) + lost < _RECORDS:
        if dialect.is_blank(lines[at]):
            at += 1
            continue
        window = lines[at : at + _LONGEST]
        reader = dialect.records(iter(window))
        try:
            row = next(reader)
        except csv.Error as error:
            if not is_whole and at + len(window) == len(lines) and "unexpected end" in str(error):
                # Where the part ends that is looked at, so may a record that goes on.
                break
            lost += 1
            at += 1
            continue
        used = reader.line_num  # type: ignore[attr-defined]
        if not header:
            header = row
            if not layout.columns:
                dialect = dialect.with_columns(header)
                at += used
                continue
        fits = dialect.fits(row)
        if used > 1 and not fits:
            # As the reader does: a broken line may run on until a quote turns up in a later one.
            lost += 1
            at += 1
            continue
        rows.append(row)
        starts.append(at)
        lost += not fits
        at += used
    fitting = [row for row in rows if dialect.fits(row)]
    labels = 0
    if layout.columns:
        found = len(fitting)
        if layout.label in layout.columns:
            place = layout.columns.index(layout.label)
            labels = len({row[place] for row in fitting if len(row) > place})
    else:
        names = {name.strip().removeprefix("\ufeff").strip() for name in header}
        found = sum(name.strip() in names for name in layout.needed)
    return _Sample(
        header=header, rows=rows, starts=starts, lost=lost, fitting=len(fitting),
        width=len(layout.columns or header), found=found, labels=labels,
    )  # fmt: skip


def _chosen(
    source: SourceFile, lines: list[str], layout: Layout, said: str | None, *, is_whole: bool
) -> Dialect:
    """The dialect in which the first records make most sense."""
    base = Dialect(comment=layout.comment, quoting=layout.quoting or Quoting.DOUBLED)
    if given := layout.delimiter or said:
        delimiters: tuple[str, ...] = (given,)
    elif _TAB_NAMES.search(source.name):
        delimiters = ("\t", *(each for each in DELIMITERS if each != "\t"))
    else:
        delimiters = DELIMITERS
    written = [layout.quoting] if layout.quoting else [*Quoting]
    dialects = [
        replace(base, delimiter=each, quoting=how) for each in delimiters for how in written
    ]
    samples = {dialect: _sample(lines, dialect, layout, is_whole=is_whole) for dialect in dialects}
    doubled = {d: s for d, s in samples.items() if layout.quoting or d.quoting is Quoting.DOUBLED}
    # With broken quotes in the header line, another way of writing them shows the delimiter.
    seen = doubled if any(s.found for s in doubled.values()) else samples
    delimiter = max(seen, key=lambda dialect: seen[dialect].evidence).delimiter
    dialect = replace(base, delimiter=delimiter)
    if layout.quoting is None:
        of_delimiter = {how: samples[replace(dialect, quoting=how)] for how in Quoting}
        dialect = replace(dialect, quoting=_quoting(lines, delimiter, of_delimiter, layout))
    if dialect.quoting is not Quoting.NONE:
        dialect = _with_blanks(lines, dialect, samples[dialect], layout, is_whole=is_whole)
    return dialect


def _quoting(
    lines: list[str], delimiter: str, samples: Mapping[Quoting, _Sample], layout: Layout
) -> Quoting:
    """How quotes are written: doubled, unless that breaks lines that are whole otherwise."""
    doubled, backslash, none = (samples[how] for how in Quoting)
    text = "".join(lines[: 4 * _RECORDS])
    if '\\"' in text or f"\\{delimiter}" in text:
        if backslash.better_than(doubled):
            return Quoting.BACKSLASH
        # No writer that doubles quotes leaves one in a field without quotes around it.
        bare = _with_bare_quote(delimiter)
        as_good = not doubled.better_than(backslash) and len(backslash.rows) == len(doubled.rows)
        if as_good and any(bare.fullmatch(lines[at]) for at in doubled.starts):
            return Quoting.BACKSLASH
    if doubled.lost >= _FEWEST_STRAY_QUOTES and none.better_than(doubled):
        fields = [field.rstrip("\r") for row in [none.header, *none.rows] for field in row]
        around = sum(len(field) > 1 and field[0] == field[-1] == '"' for field in fields)
        around += sum(map(_has_quoted_part, none.rows))
        in_header = any(field.startswith('"') for field in none.header) and not layout.columns
        if around < doubled.lost and not in_header:
            return Quoting.NONE
    return Quoting.DOUBLED


def _has_quoted_part(row: list[str]) -> bool:
    """Whether quotes seem to stand around several of the fields, delimiters among them."""
    begin = next((at for at, field in enumerate(row) if field.startswith('"')), len(row))
    return any(field.rstrip("\r").endswith('"') for field in row[begin + 1 :])


def _with_bare_quote(delimiter: str) -> re.Pattern[str]:
    """A line in which a field without quotes around it has an escaped one."""
    mark = re.escape(delimiter)
    quoted, plain = r'"(?:[^"\\]|\\.)*+"', rf'[^"{mark}\n]*'
    bare = rf'{plain}(?:\\"{plain})+'
    return re.compile(
        rf"(?:(?:{quoted}|{plain}){mark})*?{bare}(?:{mark}(?:{quoted}|{bare}|{plain}))*\n?"
    )


def _with_blanks(
    lines: list[str], dialect: Dialect, sample: _Sample, layout: Layout, *, is_whole: bool
) -> Dialect:
    """The dialect, without blanks before quotes if that is how the file has them."""
    if not any(f"{dialect.delimiter}{_BLANK_BEFORE_QUOTE}" in line for line in lines):
        return dialect
    other = replace(dialect, skip_blanks=True)
    found = _sample(lines, other, layout, is_whole=is_whole)
    quoted = any(
        field.lstrip(" ")[:1] == '"' and field[:1] == " " for row in sample.rows for field in row
    )
    if found.lost < sample.lost or (quoted and found.lost == sample.lost):
        return other
    return dialect


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
    sample = _sample(lines, dialect, Layout(text=(), label="", columns=columns), is_whole=is_whole)
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
