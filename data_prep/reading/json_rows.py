"""From objects of JSON to rows, and what is wrong with those that are none."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad, BadRow
from data_prep.reading.columns import no_column
from data_prep.reading.layout import Layout
from data_prep.reading.pieces import LINE, Piece, SourceFile
from data_prep.reading.shown import as_option
from data_prep.reading.values import settled

_ABSENT = object()
LOOKED_AT = 1000
"""Objects: a column that is in none of so many is missing."""


@dataclass
class JsonRows:
    """The rows of a block, as they are found."""

    source: SourceFile
    layout: Layout
    rows: list[list[str | int | None]] = field(default_factory=list)
    bad: list[BadRow] = field(default_factory=list)

    def add(self, value: Any, number: int, text: str) -> None:
        """Adds an object, or says what is wrong with it.

        Args:
            value: What JSON says.
            number: Its line.
            text: The same as it is in the file, for an example.
        """
        if not isinstance(value, dict):
            self.add_bad(Bad.NOT_JSON, number, text)
            return
        try:
            row = [_as_text(value_at(value, name)) for name in self.layout.needed]
        except TypeError:
            self.add_bad(Bad.NOT_A_VALUE, number, text)
        except ValueError:
            self.add_bad(Bad.NOT_JSON, number, text)
        else:
            self.rows.append([*row, number])

    def add_bad(self, reason: Bad, number: int, text: str) -> None:
        """Adds what is no row."""
        self.bad.append(BadRow(reason, self.source.name, number, text))

    def piece(self, read_bytes: int) -> Piece:
        """What was found."""
        schema = {**dict.fromkeys(self.layout.needed, pl.String), LINE: pl.Int64}
        frame = pl.DataFrame(self.rows, schema=schema, orient="row")
        frame, missing = settled(frame, self.layout, self.source, typed=True)
        return Piece(
            file=self.source.name,
            frame=frame,
            bad=[*self.bad, *missing],
            read_bytes=read_bytes,
        )


def value_at(row: Mapping[str, Any], name: str) -> Any:
    """The value of a key, or of the path to it within other objects; None if it is not there."""
    found = _look_up(row, name)
    return None if found is _ABSENT else found


def _look_up(row: Any, name: str) -> Any:
    if not isinstance(row, dict):
        return _ABSENT
    if name in row:
        return row[name]
    if "." in name:
        parts = name.split(".")
        for at in range(1, len(parts)):
            found = _look_up(row.get(".".join(parts[:at])), ".".join(parts[at:]))
            if found is not _ABSENT:
                return found
    return _ABSENT


def check_objects(source: SourceFile, objects: Iterable[Any], layout: Layout) -> None:
    """Whether the first objects of a file have the columns that the layout names.

    A single one may lack a column, which then is missing in it.

    Raises:
        DataPrepError: none has one of them, or all have a list or an object there.
    """
    rows = [row for row in objects if isinstance(row, dict)]
    if not rows:
        return
    missing = [n for n in layout.needed if all(_look_up(row, n) is _ABSENT for row in rows)]
    if missing:
        raise no_column(source, missing, [*dict.fromkeys(n for row in rows for n in _paths(row))])
    for name in layout.needed:
        values = [found for row in rows if (found := _look_up(row, name)) is not _ABSENT]
        if all(isinstance(value, list | dict) for value in values):
            first = values[0]
            kind = "a list" if isinstance(first, list) else "an object"
            shown = json.dumps(first, ensure_ascii=False)[:60]
            more = ""
            if isinstance(first, dict) and first:
                inner = next(_paths(first))
                more = f", or name a field of it, such as {as_option(f'{name}.{inner}')}"
            raise DataPrepError(
                f"column {as_option(name)} of {source.shown} is {kind} in every row (e.g. {shown}),"
                f" and a row has one label and texts. Choose another column{more}"
            )


def _paths(row: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from _paths(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def _as_text(value: Any) -> str | None:
    """A value as a CSV file would have it; 5.0 is 5, as in Amazon's `overall`; NaN is missing.

    Raises:
        TypeError: it is a list or an object.
    """
    if value is None or isinstance(value, str):
        # A lone surrogate can be written in JSON, but in no UTF-8 file.
        return value if value is None else value.encode(errors="replace").decode()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int | float):
        return None if value != value else str(value).lower()  # noqa: PLR0124
    raise TypeError
