"""The rows of CSV, JSON Lines and Parquet files, piece by piece, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import DataPrepError
from data_prep.reading.csv_blocks import csv_blocks
from data_prep.reading.json_blocks import json_blocks
from data_prep.reading.layout import Layout
from data_prep.reading.parquet_blocks import parquet_blocks
from data_prep.reading.pieces import LINE, Block, Piece, SourceFile

__all__ = [
    "FORMATS",
    "LINE",
    "Block",
    "Piece",
    "SourceFile",
    "find_files",
    "read_blocks",
    "read_pieces",
]

FORMATS = (".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".parquet")


def find_files(path: Path) -> list[SourceFile]:
    """The file, or all the files in a folder that are of a known format.

    Raises:
        DataPrepError: there is none.
    """
    if not path.is_dir():
        _check_readable(path)
        return [SourceFile(path, is_test=False)]
    paths = sorted(
        entry
        for entry in path.iterdir()
        if entry.name.lower().endswith(FORMATS) and not entry.name.startswith(".")
    )
    if not paths:
        raise DataPrepError(f"there is no {', '.join(FORMATS)} file in {path}")
    files = [
        SourceFile(file, is_test_file(file.name), is_validation_file(file.name)) for file in paths
    ]
    if all(file.is_test or file.is_validation for file in files):
        raise DataPrepError(
            f"{path} has only test or validation files; the training file is missing"
        )
    return files


def is_test_file(name: str) -> bool:
    """Whether a file among others is the data set's own test file: it is called `test`."""
    return name.split(".", maxsplit=1)[0].lower() == "test"


def is_validation_file(name: str) -> bool:
    """Whether a file among others is the data set's own validation file."""
    return name.split(".", maxsplit=1)[0].lower() in {"validation", "valid", "dev"}


def _check_readable(path: Path) -> None:
    if path.exists() and not path.name.lower().endswith(FORMATS):
        raise DataPrepError(f"{path} is in none of the known formats: {', '.join(FORMATS)}")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataPrepError(f"cannot read {path}: {error.strerror}") from error


def read_blocks(source: SourceFile, layout: Layout) -> Iterator[Block]:
    """The parts of a file, in order, each to be parsed after the one before it.

    Threads may parse several at once, as if no record went from one into the next: those that turn
    out to follow a block with a `rest` have to be parsed again.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    name = source.path.name.lower()
    if name.endswith(".parquet"):
        return parquet_blocks(source, layout)
    if name.endswith((".csv", ".csv.gz")):
        return csv_blocks(source, layout)
    return json_blocks(source, layout)


def read_pieces(source: SourceFile, layout: Layout) -> Iterator[Piece]:
    """The rows of a file, in order.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    rest = b""
    for block in read_blocks(source, layout):
        piece = block.parse(rest)
        rest = piece.rest
        yield piece
