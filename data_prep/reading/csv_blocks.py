"""CSV files, with or without a header line, in blocks that several threads can parse at once."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from data_prep.reading.bad_rows import Bad, BadRow
from data_prep.reading.csv_records import CsvSplitter
from data_prep.reading.csv_start import CsvStart, look_at
from data_prep.reading.layout import Layout, Quoting
from data_prep.reading.line_blocks import LineBlock, line_blocks
from data_prep.reading.pieces import LINE, Piece, SourceFile, readable
from data_prep.reading.text_file import BYTE_ORDER_MARK, HEAD_BYTES, Stream
from data_prep.reading.values import settled


@dataclass(frozen=True)
class CsvBlock:
    """Some lines of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    lines: LineBlock
    splitter: CsvSplitter
    start: CsvStart
    layout: Layout

    def parse(self, before: bytes = b"") -> Piece:
        """Its records, the first of which begins in `before`."""
        records = self.splitter.split(
            before + self.lines.content,
            first_line=self.lines.first_line - before.count(b"\n"),
            is_last=self.lines.is_last,
        )
        frames = []
        places, needed, dialect = self.start.places, self.layout.needed, self.start.dialect
        if records.sound:
            # Polars takes one away from the beginning. Here it is text: the file's own is gone.
            is_text = records.sound.startswith(BYTE_ORDER_MARK)
            content = BYTE_ORDER_MARK + records.sound if is_text else records.sound
            # By their numbers: names that nobody asked for may be the same. What comes behind the
            # last one that is needed is not looked at.
            names = [str(number) for number in range(max(places) + 1)]
            with readable(self.source):
                sound = pl.read_csv(
                    content,
                    has_header=False,
                    schema=dict.fromkeys(names, pl.String),
                    columns=places,
                    separator=dialect.delimiter,
                    quote_char=None if dialect.quoting is Quoting.NONE else '"',
                    empty_string_is_null=False,
                    truncate_ragged_lines=True,
                    extra_columns="ignore",
                )
            chosen = [
                pl.col(names[at]).alias(name) for at, name in zip(places, needed, strict=True)
            ]
            frames.append(sound.select(*chosen, records.sound_lines.alias(LINE)))
        if records.others or not frames:
            rows = [[*(record[at] for at in places), line] for line, record in records.others]
            schema = {**dict.fromkeys(needed, pl.String), LINE: pl.Int64}
            frames.append(pl.DataFrame(rows, schema=schema, orient="row"))
        frame, again = self._without_headers(pl.concat(frames))
        frame, missing = settled(frame, self.layout, self.source, typed=False)
        return Piece(
            file=self.source.name,
            frame=frame,
            bad=[*records.bad, *again, *missing],
            read_bytes=self.lines.read_bytes,
            rest=records.rest,
        )

    def _without_headers(self, frame: pl.DataFrame) -> tuple[pl.DataFrame, list[BadRow]]:
        """The rows, and the header lines of files that were pasted into this one."""
        names = dict(zip(self.layout.needed, self.start.places, strict=True))
        label = self.start.columns[names[self.layout.label]].strip()
        if not (frame[self.layout.label].str.strip_chars(" \t\r\n\ufeff") == label).any():
            return frame, []
        is_header = pl.all_horizontal(
            pl.col(name).str.strip_chars(" \t\r\n\ufeff") == self.start.columns[at].strip()
            for name, at in names.items()
        )
        found = frame.filter(is_header)[LINE]
        shown = self.start.dialect.delimiter.join(self.start.columns)
        bad = [BadRow(Bad.HEADER, self.source.name, line, shown) for line in found]
        return (frame.filter(~is_header), bad) if bad else (frame, [])


def csv_blocks(source: SourceFile, stream: Stream, layout: Layout) -> Iterator[CsvBlock]:
    """The blocks of a text.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    content = stream.peek(HEAD_BYTES)
    is_whole = len(content) < HEAD_BYTES
    head = content.decode(errors="surrogateescape")
    start = look_at(source, head, layout, is_whole=is_whole)
    stream.read(len(head[: start.skipped].encode(errors="surrogateescape")))
    splitter = CsvSplitter(source.name, start.dialect)
    for lines in line_blocks(stream, first_line=start.first_line, is_end=splitter.is_record):
        yield CsvBlock(source, lines, splitter, start, layout)
