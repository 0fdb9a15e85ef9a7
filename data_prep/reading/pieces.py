"""What the readers of all formats hand on: rows, the numbers of their lines, and what is bad."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import polars as pl
from polars.exceptions import PolarsError

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import BadRow

LINE = "__line__"


@dataclass(frozen=True)
class SourceFile:
    """One file of a data set."""

    path: Path
    is_test: bool
    """It is called `test`: the data set comes with a test file of its own."""
    is_validation: bool = False
    """The same of a validation file."""


@dataclass(frozen=True)
class Piece:
    """Some rows of a file."""

    file: str
    is_test: bool
    frame: pl.DataFrame
    """The columns of the layout as strings, and the number of the line in column `LINE`."""
    bad: list[BadRow] = field(default_factory=list)
    read_bytes: int = 0
    rest: bytes = b""
    """The beginning of a record that ends in a later block."""

    def rows(self, needed: Sequence[str]) -> pl.DataFrame:
        """All of its rows: these columns, and `LINE`."""
        return self.frame.select(*needed, LINE)


class Block(Protocol):
    """A part of a file that has been found; to be parsed by whichever thread has time for it."""

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows.

        Args:
            before: The `rest` of the block before it.

        Raises:
            DataPrepError: the file cannot be read.
        """


def check_columns(path: Path, columns: Sequence[str], needed: Sequence[str]) -> None:
    """Whether a file has the columns that the layout names.

    Raises:
        DataPrepError: one is missing, or two have the same name.
    """
    if missing := [name for name in needed if name not in columns]:
        raise DataPrepError(
            f"{path} has no column {', '.join(missing)}; its columns are: "
            f"{', '.join(columns) or '(none: the file is empty)'}"
        )
    if len(set(columns)) < len(columns):
        raise DataPrepError(f"{path} has two columns of one name: {', '.join(columns)}")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What goes wrong in the block with a file becomes one message about it.

    Raises:
        DataPrepError: the file cannot be read.
    """
    try:
        yield
    except (OSError, EOFError, zlib.error, PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataPrepError(f"cannot read {path}: {reason}") from error
