"""CSV → records, at the speed of Polars where it can read them, by line where it cannot.

A CSV parser that meets a stray quote reads the rest of the file inside out. So every line is first
held against one regular expression: a line that is a whole record with the right number of fields
goes to Polars, and only the others (records of several lines among them) to Python's strict parser,
which starts anew on the next line after a broken one.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import polars as pl

from data_prep.reading.bad_rows import Bad, BadRow
from data_prep.reading.csv_dialect import Dialect
from data_prep.reading.layout import Quoting
from data_prep.reading.utf8 import lines_not_utf8

LONGEST_RECORD = 2**20
"""Characters. Beyond this it is no review, but an opening quote that never closes."""

_SURROGATE = re.compile("[\ud800-\udfff]")
# Polars takes a carriage return before a line feed for a part of the line's end, which would shift
# what is counted in bytes. So a vertical tab stands in for it while lines are told apart, and a
# blank for a vertical tab of the text.
_RETURN = "\v"
_RETURN_INSIDE = "\ue00d"
"""A private character in its place, where Python's parser would stop at it."""


@dataclass
class Records:
    """The records of one block of a file."""

    sound: bytes = b""
    """Whole lines, each one record with the right number of fields."""
    sound_lines: pl.Series = field(default_factory=lambda: pl.Series(dtype=pl.Int64))
    """Their line numbers."""
    others: list[tuple[int, list[str]]] = field(default_factory=list)
    """Records that Polars does not get to see, each with the number of its first line."""
    bad: list[BadRow] = field(default_factory=list)
    rest: bytes = b""
    """The beginning of a record whose end is still to come."""


class CsvSplitter:
    """Tells records from broken lines in the blocks of one file."""

    def __init__(self, file: str, dialect: Dialect) -> None:
        self._file = file
        self._dialect = dialect
        self._sound = f"^{_record(dialect, carriage_return=_RETURN)}$"
        self._line = re.compile(f"{_record(dialect, carriage_return=chr(13))}\n".encode())
        self._blank = f"^{_hexadecimal(dialect.delimiter)}*{_RETURN}?$"

    def is_record(self, line: bytes) -> bool:
        """Whether a line is a record by itself, if none of several lines runs through it."""
        return self._line.fullmatch(line) is not None

    def split(self, content: bytes, *, first_line: int, is_last: bool) -> Records:
        """The records of a block that begins with one.

        Args:
            content: Whole lines.
            first_line: The number of its first line.
            is_last: Nothing comes after it; otherwise it ends with a line feed.
        """
        visible = _without_lines_not_utf8(content).replace(_RETURN.encode(), b" ")
        visible = visible.replace(b"\r", _RETURN.encode())
        column = pl.read_lines(visible).to_series()
        sound = column.str.contains(self._sound) & ~self._left_out(column)
        numbers = pl.int_range(first_line, first_line + len(column), eager=True)
        if sound.all():
            return Records(content, numbers)
        sizes = column.str.len_bytes().cast(pl.Int64) + 1
        lines = _Lines(content, [0, *sizes.cum_sum()], first_line)
        records = Records()
        taken = [*self._take((~sound).arg_true(), lines, records, is_last=is_last)]
        records.sound = lines.without(taken)
        kept = sound.scatter([at for begin, end in taken for at in range(begin, end)], False)
        records.sound_lines = numbers.filter(kept)
        return records

    def _left_out(self, column: pl.Series) -> pl.Series:
        """Which lines have nothing but delimiters in them, or are comments."""
        left_out = column.str.starts_with(self._dialect.delimiter)
        if left_out.any():
            left_out &= column.str.contains(self._blank)
        if self._dialect.comment:
            left_out |= column.str.starts_with(self._dialect.comment)
        return left_out

    def _take(
        self, unsound: Iterable[int], lines: "_Lines", records: Records, *, is_last: bool
    ) -> Iterator[tuple[int, int]]:
        """Adds what the unsound lines hold, and says from which line to which it took them."""
        end = 0
        for begin in unsound:
            if begin < end:
                continue
            end = begin + 1
            text = lines.text(begin, end)
            if self._dialect.is_blank(text):
                pass
            elif several := self._ended_by_returns(text):
                records.others += [(lines.number(begin), record) for record in several]
            else:
                record, used = _parse(lines.texts(begin), self._dialect)
                if record is None and used is None and not is_last:
                    end = len(lines)
                    records.rest = lines.raw(begin, end) + b"\n"
                else:
                    # A broken line may well run on until a quote turns up in a later one.
                    if record is not None and used != 1 and not self._dialect.fits(record):
                        record = None
                    end = begin + (used or 1 if record is not None else 1)
                    self._add(record, lines.number(begin), lines.text(begin, end), records)
            yield begin, end

    def _ended_by_returns(self, text: str) -> list[list[str]]:
        """The records of a line in which carriage returns stand for line feeds, if they all fit."""
        if "\r" not in text.rstrip("\r") or _SURROGATE.search(text):
            return []
        lines = re.split(r"(?<=\r)(?!$)", text)
        csv.field_size_limit(LONGEST_RECORD)
        try:
            records = [row for row in self._dialect.records(iter(lines)) if any(row)]
        except csv.Error:
            return []
        fit = all(map(self._dialect.fits, records))
        return [self._shaped(record) for record in records] if fit and len(records) > 1 else []

    def _shaped(self, record: list[str]) -> list[str]:
        """The record with as many fields as there are columns."""
        most = self._dialect.most
        return [*record[:most], *[""] * (most - len(record))]

    def _add(self, record: list[str] | None, number: int, text: str, records: Records) -> None:
        """Adds a record, or what is wrong with it."""
        if _SURROGATE.search(text):
            reason = Bad.ENCODING
        elif record is None:
            reason = Bad.QUOTING
        elif not self._dialect.fits(record):
            reason = Bad.FIELDS
        else:
            records.others.append((number, self._shaped(record)))
            return
        records.bad.append(BadRow(reason, self._file, number, text.rstrip("\r")))


@dataclass(frozen=True)
class _Lines:
    """The lines of a block, found by their numbers in it: few are ever looked at."""

    content: bytes
    starts: Sequence[int]
    """Where each line begins, and behind the last one."""
    first: int
    """The number of the first one in the file."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    def number(self, line: int) -> int:
        """In the file."""
        return self.first + line

    def raw(self, begin: int, end: int) -> bytes:
        """Some lines, without the last line feed."""
        return self.content[self.starts[begin] : self.starts[end]].removesuffix(b"\n")

    def text(self, begin: int, end: int) -> str:
        """The same, decoded so that no byte is lost."""
        return self.raw(begin, end).decode(errors="surrogateescape")

    def texts(self, begin: int) -> Iterator[str]:
        """One line after the other."""
        return (self.text(at, at + 1) for at in range(begin, len(self)))

    def without(self, taken: Iterable[tuple[int, int]]) -> bytes:
        """What is left when some of them, in their order, are taken away."""
        view = memoryview(self.content)
        parts = []
        done = 0
        for begin, end in taken:
            parts.append(view[self.starts[done] : self.starts[begin]])
            done = end
        return b"".join([*parts, view[self.starts[done] :]])


def _record(dialect: Dialect, *, carriage_return: str) -> str:
    """A regular expression for a line that is a record by itself, and that Polars reads alike."""
    # Written out, as the engines that read it have no escapes in common but for codes.
    mark = _hexadecimal(dialect.delimiter)
    odd = r"\x5c" if dialect.quoting is Quoting.BACKSLASH else ""
    if dialect.quoting is Quoting.NONE:
        one = rf"[^{mark}{carriage_return}\n]*"
    else:
        inside = f'[^"{odd}]*'
        one = rf'(?:"{inside}(?:""{inside})*"|[^"{odd}{mark}{carriage_return}\n]*)'
    more = f"(?:{mark}{one})"
    optional = f"{more}{{0,{dialect.most - dialect.least}}}" if dialect.most > dialect.least else ""
    return f"{one}{more}{{{dialect.least - 1}}}{optional}{mark}*{carriage_return}?"


def _hexadecimal(character: str) -> str:
    return f"\\x{ord(character):02x}"


def _without_lines_not_utf8(content: bytes) -> bytes:
    """The content, in as many bytes, with something for each such line that is never a record."""
    view = memoryview(content)
    parts: list[bytes | memoryview] = []
    done = 0
    for begin, end in lines_not_utf8(content):
        parts += [view[done:begin], b'"'.ljust(end - begin, b"?")]
        done = end
    return b"".join([*parts, view[done:]]) if parts else content


def _parse(lines: Iterator[str], dialect: Dialect) -> tuple[list[str] | None, int | None]:
    """The record that the lines begin with, and how many of them it takes.

    No record and no number of lines if it has not ended where the lines do.
    """
    used = 0
    too_long = False

    def following() -> Iterator[str]:
        nonlocal used, too_long
        size = 0
        for line in lines:
            size += len(line) + 1
            if size > LONGEST_RECORD:
                too_long = True
                return
            used += 1
            # One that ends no record is white space; Python refuses it outside quotes.
            inside, end = (line[:-1], "\r") if line.endswith("\r") else (line, "")
            yield inside.replace("\r", _RETURN_INSIDE) + end + "\n"

    csv.field_size_limit(LONGEST_RECORD)
    try:
        record = next(dialect.records(following()))
        return [field.replace(_RETURN_INSIDE, "\r") for field in record], used
    except csv.Error as error:
        unfinished = "unexpected end" in str(error) and not too_long
        return None, None if unfinished else used
