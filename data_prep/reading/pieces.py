"""What the readers of all formats hand on: rows, the numbers of their lines, and what is bad."""

import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Protocol

import polars as pl
import zstandard
from polars.exceptions import PolarsError

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import BadRow
from data_prep.reading.shown import printable

LINE = "__line__"
_CUT_OFF = "the file is cut off or damaged. Fetch it again"


@dataclass(frozen=True)
class SourceFile:
    """One file of a data set."""

    path: Path
    is_test: bool
    """It is called `test`: the data set comes with a test file of its own."""
    is_validation: bool = False
    """The same of a validation file."""
    address: str = ""
    """Where it comes from, if that is not `path`: s3://…"""

    @property
    def shown(self) -> str:
        """Where it is, for a message."""
        return self.address or printable(str(self.path))

    @property
    def name(self) -> str:
        """What it is called there, for a message or the manifest."""
        return self.address.rpartition("/")[2] or printable(self.path.name)

    @property
    def suffixes(self) -> list[str]:
        """The parts of its name from the first point on, in lower case."""
        return PurePosixPath(self.name.lower()).suffixes


@dataclass(frozen=True)
class Piece:
    """Some rows of a file."""

    file: str
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


def say(source: SourceFile, what: str) -> None:
    """Tells whoever looks on what was found by looking, and how to have it otherwise."""
    print(f"{source.shown}: {what}", file=sys.stderr, flush=True)


@contextmanager
def readable(source: SourceFile) -> Iterator[None]:
    """What goes wrong in the block with a file becomes one message about it.

    Raises:
        DataPrepError: the file cannot be read.
    """
    try:
        yield
    except (EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, zstandard.ZstdError) as error:
        raise DataPrepError(f"cannot read {source.shown}: {error}: {_CUT_OFF}") from error
    except (OSError, PolarsError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise DataPrepError(f"cannot read {source.shown}: {reason}") from error
