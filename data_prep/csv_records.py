"""CSV text → records, at the speed of Polars where it can read them, by line where it cannot.

A CSV parser that meets a stray quote reads the rest of the file inside out. So every line is first
held against one regular expression: a line that is a whole record with the right number of fields
goes to Polars, and only the others (records of several lines among them) to Python's strict parser,
which starts anew on the next line after a broken one.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from data_prep.bad_rows import Bad, BadRow

LONGEST_RECORD = 2**20
"""Characters. Beyond this it is no review, but an opening quote that never closes."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Records:
    """The records of one piece of a file."""

    sound: str
    """Whole lines, each one record with the right number of fields."""
    sound_lines: pl.Series
    """Their line numbers."""
    others: list[tuple[int, list[str]]]
    """Records that Polars did not get to see, each with the number of its first line."""
    bad: list[BadRow]
    rest: str
    """The beginning of a record whose end is still to come."""


class CsvSplitter:
    """Tells records from broken lines in the pieces of one file, in their order."""

    def __init__(self, file: str, *, fields: int) -> None:
        self._file = file
        self._fields = fields
        field = r'(?:"(?:[^"]|"")*"|[^",\r]*)'
        self._sound = f"^{field}(?:,{field}){{{fields - 1}}}\r?$"

    def split(self, text: str, *, first_line: int, is_last: bool) -> Records:
        """The records of a piece that begins with one.

        Args:
            text: Decoded with `surrogateescape`, so that no byte is lost.
            first_line: The number of its first line.
            is_last: Nothing comes after it; otherwise it ends with a line feed.
        """
        text = text.removesuffix("\n")
        visible = text
        try:
            text.encode()
        except UnicodeEncodeError:
            visible = _SURROGATE.sub('"', text)  # a lone quote is never sound
        lines = pl.Series("line", [visible]).str.split("\n").explode()
        sound = lines.str.contains(self._sound)
        numbers = pl.Series("number", range(first_line, first_line + len(lines)), dtype=pl.Int64)
        if sound.all():
            return Records(text, numbers, [], [], "")
        raw = text.split("\n")
        others: list[tuple[int, list[str]]] = []
        bad: list[BadRow] = []
        rest = ""
        taken = pl.Series("taken", [False]).new_from_index(0, len(raw)).to_list()
        free = 0
        for at in (~sound).arg_true():
            if at < free:
                continue
            taken[at] = True
            if raw[at] in ("", "\r"):
                continue
            record, used = _parse(raw, at)
            if record is None and used is None and not is_last:
                rest = "\n".join(raw[at:]) + "\n"
                taken[at:] = [True] * (len(raw) - at)
                break
            if record is not None and (len(record) == self._fields or used == 1):
                free = at + (used or 1)
                taken[at:free] = [True] * (free - at)
                source = "\n".join(raw[at:free])
                reason = self._objection(record, source)
            else:
                source = raw[at]
                reason = Bad.NOT_UTF8 if _SURROGATE.search(source) else Bad.QUOTING
            if reason is None and record is not None:
                others.append((first_line + at, record))
            elif reason is not None:
                bad.append(BadRow(reason, self._file, first_line + at, source.rstrip("\r")))
        kept = ~pl.Series("taken", taken)
        sound_text = lines.filter(kept).str.join("\n").item()
        return Records(sound_text, numbers.filter(kept), others, bad, rest)

    def _objection(self, record: Sequence[str], source: str) -> Bad | None:
        if _SURROGATE.search(source):
            return Bad.NOT_UTF8
        return None if len(record) == self._fields else Bad.FIELDS


def _parse(lines: Sequence[str], start: int) -> tuple[list[str] | None, int | None]:
    """The record that begins on a line, and how many lines it takes.

    No record and no number of lines if it has not ended where the lines do.
    """
    used = 0
    too_long = False

    def following() -> Iterator[str]:
        nonlocal used, too_long
        size = 0
        for line in lines[start : start + LONGEST_RECORD]:
            size += len(line) + 1
            if size > LONGEST_RECORD:
                too_long = True
                return
            used += 1
            yield line + "\n"

    csv.field_size_limit(LONGEST_RECORD)
    try:
        return next(csv.reader(following(), strict=True)), used
    except csv.Error as error:
        unfinished = "unexpected end" in str(error) and not too_long
        return None, None if unfinished else used
