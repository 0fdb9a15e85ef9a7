"""The rows of files of every known kind, piece by piece, in bounded memory."""

from collections.abc import Iterator
from pathlib import Path

from data_prep.errors import DataPrepError
from data_prep.reading.csv_blocks import csv_blocks
from data_prep.reading.json_blocks import (
    JsonForm,
    json_form,
    json_lines_blocks,
    json_values_blocks,
)
from data_prep.reading.kinds import KNOWN, Content, is_data_file
from data_prep.reading.layout import Layout
from data_prep.reading.parquet_blocks import parquet_blocks
from data_prep.reading.pieces import LINE, Block, Piece, SourceFile, readable
from data_prep.reading.shown import printable
from data_prep.reading.text_file import HEAD_BYTES, opened, utf8_of
from data_prep.reading.workbook_blocks import workbook_blocks

__all__ = ["LINE", "Block", "Piece", "SourceFile", "find_files", "read_blocks", "read_pieces"]


def find_files(path: Path) -> list[SourceFile]:
    """The file, or all the files in a folder that are called as files of a known kind are.

    Raises:
        DataPrepError: there is none.
    """
    if not path.is_dir():
        _check_readable(path)
        return [SourceFile(path, is_test=False)]
    folder = printable(str(path))
    try:
        entries = sorted(path.iterdir())
    except OSError as error:
        raise DataPrepError(f"cannot read {folder}: {error.strerror}") from error
    paths = [entry for entry in entries if is_data_file(entry.name) and not entry.is_dir()]
    if not paths:
        deeper = next((f for f in path.rglob("*") if is_data_file(f.name) and f.is_file()), None)
        where = ""
        if deeper:
            where = (
                f"; there are some in its subfolders, such as {printable(str(deeper))}, which are "
                "not looked into. Put them into one folder, or name that one"
            )
        raise DataPrepError(f"there is no file of a known kind in {folder}: {KNOWN}{where}")
    files = [
        SourceFile(file, is_test_file(file.name), is_validation_file(file.name)) for file in paths
    ]
    if all(file.is_test or file.is_validation for file in files):
        raise DataPrepError(
            f"{folder} has only test or validation files; the training file is missing"
        )
    return files


def is_test_file(name: str) -> bool:
    """Whether a file among others is the data set's own test file: it is called `test`."""
    return name.split(".", maxsplit=1)[0].lower() == "test"


def is_validation_file(name: str) -> bool:
    """Whether a file among others is the data set's own validation file."""
    return name.split(".", maxsplit=1)[0].lower() in {"validation", "valid", "dev"}


def _check_readable(path: Path) -> None:
    shown = printable(str(path))
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise DataPrepError(f"cannot read {shown}: {error.strerror}") from error


def read_blocks(source: SourceFile, layout: Layout) -> Iterator[Block]:
    """The parts of a file, in order, each to be parsed after the one before it.

    Threads may parse several at once, as if no record went from one into the next: those that turn
    out to follow a block with a `rest` have to be parsed again.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    with opened(source) as (content, stream), readable(source):
        if content is Content.PARQUET:
            yield from parquet_blocks(source, layout)
        elif content is Content.WORKBOOK:
            yield from workbook_blocks(source, layout)
        else:
            text = utf8_of(source, stream, layout.encoding)
            head = text.peek(HEAD_BYTES).decode(errors="surrogateescape")
            form = None if layout.delimiter else json_form(source, head)
            if form is JsonForm.LINES:
                yield from json_lines_blocks(source, text, layout)
            elif form is JsonForm.VALUES:
                yield from json_values_blocks(source, text, layout)
            else:
                yield from csv_blocks(source, text, layout)


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
