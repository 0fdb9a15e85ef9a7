"""Parquet files, in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from data_prep.reading.layout import Layout
from data_prep.reading.pieces import LINE, Piece, SourceFile, check_columns, readable

BLOCK_ROWS = 16_384


@dataclass(frozen=True)
class ParquetBlock:
    """Some rows of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    rows: pl.LazyFrame
    first_row: int
    """The number of the first one, from 1; it stands for the line."""
    read_bytes: int

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no row goes beyond a block."""
        with readable(self.source.path):
            frame = self.rows.collect()
        return Piece(
            file=self.source.path.name,
            is_test=self.source.is_test,
            frame=frame.with_row_index(LINE, self.first_row).with_columns(
                pl.col(LINE).cast(pl.Int64)
            ),
            read_bytes=self.read_bytes,
        )


def parquet_blocks(source: SourceFile, layout: Layout) -> Iterator[ParquetBlock]:
    """The blocks of a file.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    with readable(source.path):
        scan = pl.scan_parquet(source.path)
        schema = scan.collect_schema()
        check_columns(source.path, schema.names(), layout.needed)
        total = scan.select(pl.len()).collect().item()
        size = source.path.stat().st_size
    chosen = scan.select([_as_text(name, schema[name]) for name in layout.needed])
    for start in range(0, total, BLOCK_ROWS):
        rows = min(BLOCK_ROWS, total - start)
        yield ParquetBlock(source, chosen.slice(start, rows), start + 1, size * rows // total)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as a CSV file would have it; 5.0 is 5."""
    column = pl.col(name)
    if not kind.is_float():
        return column.cast(pl.String)
    whole = (column == column.round()) & column.is_finite()
    as_integer = column.cast(pl.Int64, strict=False).cast(pl.String)
    return pl.when(whole).then(as_integer).otherwise(column.cast(pl.String)).alias(name)
