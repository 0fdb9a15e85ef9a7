"""In which dialect the first records of a CSV file make most sense."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from data_prep.reading.csv_dialect import Dialect
from data_prep.reading.layout import Layout, Quoting
from data_prep.reading.pieces import SourceFile

DELIMITERS = (",", ";", "\t", "|")
_RECORDS = 300
"""How many are looked at."""
_LONGEST = 200
"""Lines of a record among them."""
_FEWEST_STRAY_QUOTES = 2
"""Broken lines that make a file one without quoting: a single one may be cut off."""
_TAB_NAMES = re.compile(r"\.(tsv|tab)(\.\w+)?$", re.IGNORECASE)
_BLANK_BEFORE_QUOTE = ' "'


@dataclass(frozen=True)
class Sample:
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

    def better_than(self, other: "Sample") -> bool:
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


def sample_of(lines: list[str], dialect: Dialect, layout: Layout, *, is_whole: bool) -> Sample:
    """What the first records are in a dialect.

    Args:
        lines: From the header line on, each with its line feed.
        dialect: How they are read.
        layout: Which columns are needed, and whether there is a header line.
        is_whole: Nothing comes after the lines.
    """
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
    return Sample(
        header=header, rows=rows, starts=starts, lost=lost, fitting=len(fitting),
        width=len(layout.columns or header), found=found, labels=labels,
    )  # fmt: skip


def chosen(
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
    samples = {
        dialect: sample_of(lines, dialect, layout, is_whole=is_whole) for dialect in dialects
    }
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
    lines: list[str], delimiter: str, samples: Mapping[Quoting, Sample], layout: Layout
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
        rf"(?:(?:{quoted}|{plain}){mark})*?{bare}(?:{mark}(?:{quoted}|{bare}|{plain}))*\r?\n?"
    )


def _with_blanks(
    lines: list[str], dialect: Dialect, sample: Sample, layout: Layout, *, is_whole: bool
) -> Dialect:
    """The dialect, without blanks before quotes if that is how the file has them."""
    if not any(f"{dialect.delimiter}{_BLANK_BEFORE_QUOTE}" in line for line in lines):
        return dialect
    other = replace(dialect, skip_blanks=True)
    found = sample_of(lines, other, layout, is_whole=is_whole)
    spaced = _with_blank_before_quote(dialect.delimiter)
    quoted = any(spaced.fullmatch(lines[at]) for at in sample.starts)
    if found.lost < sample.lost or (quoted and found.lost == sample.lost):
        return other
    return dialect


def _with_blank_before_quote(delimiter: str) -> re.Pattern[str]:
    """A line in which blanks stand between a delimiter and a field in quotes."""
    mark = re.escape(delimiter)
    quoted, plain = r'"(?:[^"]|"")*+"', rf'[^"{mark}\n]*+'
    spaced = rf"\ +{quoted}"
    return re.compile(
        rf"(?:(?:{quoted}|{plain}){mark})+?{spaced}(?:{mark}(?:{quoted}|{spaced}|{plain}))*\r?\n?"
    )
