"""CSV files, with or without a header line, in blocks that several threads can parse at once."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from data_prep.errors import DataPrepError
from data_prep.reading.csv_records import CsvSplitter
from data_prep.reading.layout import Layout
from data_prep.reading.line_blocks import BYTE_ORDER_MARK, LineBlock, line_blocks, open_lines
from data_prep.reading.pieces import LINE, Piece, SourceFile, check_columns, readable


@dataclass(frozen=True)
class CsvBlock:
    """Some lines of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    lines: LineBlock
    splitter: CsvSplitter
    columns: tuple[str, ...]
    """Of the file, in their order."""
    needed: list[str]

    def parse(self, before: bytes = b"") -> Piece:
        """Its records, the first of which begins in `before`."""
        records = self.splitter.split(
            before + self.lines.content,
            first_line=self.lines.first_line - before.count(b"\n"),
            is_last=self.lines.is_last,
        )
        frames = []
        places = [self.columns.index(name) for name in self.needed]
        if records.sound:
            # Polars takes one away from the beginning. Here it is text: the file's own is gone.
            is_text = records.sound.startswith(BYTE_ORDER_MARK)
            content = BYTE_ORDER_MARK + records.sound if is_text else records.sound
            with readable(self.source.path):
                sound = pl.read_csv(
                    content,
                    has_header=False,
                    schema=dict.fromkeys(self.columns, pl.String),
                    columns=places,
                    empty_string_is_null=False,
                )
            frames.append(sound.select(*self.needed, records.sound_lines.alias(LINE)))
        if records.others or not frames:
            rows = [[*(record[at] for at in places), line] for line, record in records.others]
            schema = {**dict.fromkeys(self.needed, pl.String), LINE: pl.Int64}
            frames.append(pl.DataFrame(rows, schema=schema, orient="row"))
        return Piece(
            file=self.source.path.name,
            is_test=self.source.is_test,
            frame=pl.concat(frames),
            bad=records.bad,
            read_bytes=self.lines.read_bytes,
            rest=records.rest,
        )


def csv_blocks(source: SourceFile, layout: Layout) -> Iterator[CsvBlock]:
    """The blocks of a file.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    with readable(source.path), open_lines(source.path) as file:
        columns, first_line = layout.columns, 1
        if columns is None:
            columns, first_line = _header(source.path, file.unpacked.readline()), 2
        check_columns(source.path, columns, layout.needed)
        splitter = CsvSplitter(source.path.name, fields=len(columns))
        for lines in line_blocks(file, first_line=first_line, is_end=splitter.is_record):
            yield CsvBlock(source, lines, splitter, columns, layout.needed)


def _header(path: Path, line: bytes) -> tuple[str, ...]:
    try:
        text = line.decode().removesuffix("\n").rstrip("\r")
        return tuple(next(csv.reader([text], strict=True), []))
    except UnicodeDecodeError as error:
        raise DataPrepError(
            f"the header line of {path} is not UTF-8. Convert the file first, for example with "
            "`iconv -f WINDOWS-1252 -t UTF-8`"
        ) from error
    except csv.Error as error:
        raise DataPrepError(f"the header line of {path} cannot be read: {error}") from error
