"""Parquet files, in blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from data_prep.errors import DataPrepError
from data_prep.reading.columns import no_column
from data_prep.reading.layout import Layout
from data_prep.reading.pieces import LINE, Piece, SourceFile, readable
from data_prep.reading.shown import as_option
from data_prep.reading.values import settled

BLOCK_ROWS = 16_384
_MARK = b"PAR1"


@dataclass(frozen=True)
class ParquetBlock:
    """Some rows of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    rows: pl.LazyFrame
    first_row: int
    """The number of the first one, from 1; it stands for the line."""
    read_bytes: int
    layout: Layout

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no row goes beyond a block."""
        with readable(self.source):
            frame = self.rows.collect()
        numbered = frame.with_row_index(LINE, self.first_row).with_columns(
            pl.col(LINE).cast(pl.Int64)
        )
        frame, bad = settled(numbered, self.layout, self.source, typed=True)
        return Piece(
            file=self.source.name,
            frame=frame,
            bad=bad,
            read_bytes=self.read_bytes,
        )


def parquet_blocks(source: SourceFile, layout: Layout) -> Iterator[ParquetBlock]:
    """The blocks of a file.

    Raises:
        DataPrepError: the file cannot be read, a column is missing, or has lists in it.
    """
    _check_end(source)
    # A file, and not its name, which Polars would read as a pattern or as an address.
    with source.path.open("rb") as file:
        with readable(source):
            scan = pl.scan_parquet(file, glob=False, hive_partitioning=False)
            schema = scan.collect_schema()
            chosen = scan.select(_columns(source, schema, layout.needed))
            total = scan.select(pl.len()).collect().item()
            size = source.path.stat().st_size
        for start in range(0, total, BLOCK_ROWS):
            rows = min(BLOCK_ROWS, total - start)
            block = chosen.slice(start, rows)
            yield ParquetBlock(source, block, start + 1, size * rows // total, layout)


def _check_end(source: SourceFile) -> None:
    """A Parquet file ends as it begins, or the rest of it is missing.

    Raises:
        DataPrepError: so it is.
    """
    with readable(source), source.path.open("rb") as file:
        file.seek(max(source.path.stat().st_size - len(_MARK), 0))
        if file.read() != _MARK:
            raise DataPrepError(
                f"cannot read {source.shown}: it begins as a Parquet file and does not end as one, "
                "so it is cut off. Fetch it again"
            )


def _columns(source: SourceFile, schema: pl.Schema, needed: list[str]) -> list[pl.Expr]:
    chosen, missing = [], []
    for name in needed:
        column = _column(schema, name)
        if column is None:
            missing.append(name)
            continue
        expression, kind = column
        if kind.is_nested() or kind == pl.Object:
            raise DataPrepError(
                f"column {as_option(name)} of {source.shown} has {kind} in it, and a row has one "
                "label and texts. " + _remedy(name, kind)
            )
        chosen.append(_as_text(expression, kind).alias(name))
    if missing:
        raise no_column(source, missing, _names(schema))
    return chosen


def _remedy(name: str, kind: pl.DataType) -> str:
    if isinstance(kind, pl.Struct):
        return f"Name a field of it, such as {as_option(f'{name}.{kind.fields[0].name}')}"
    return "Choose another column, or make one with a single value of each row first"


def _column(schema: pl.Schema, name: str) -> tuple[pl.Expr, pl.DataType] | None:
    """A column by its name, or by the path to it within others: `review.text`."""
    if name in schema:
        return pl.col(name), schema[name]
    for head, rest in _split_at_points(name):
        if head in schema and (found := _field(pl.col(head), schema[head], rest)):
            return found
    return None


def _field(within: pl.Expr, kind: pl.DataType, name: str) -> tuple[pl.Expr, pl.DataType] | None:
    if not isinstance(kind, pl.Struct):
        return None
    fields = pl.Schema(kind.to_schema())
    if name in fields:
        return within.struct.field(name), fields[name]
    for head, rest in _split_at_points(name):
        if head in fields and (found := _field(within.struct.field(head), fields[head], rest)):
            return found
    return None


def _split_at_points(name: str) -> Iterator[tuple[str, str]]:
    parts = name.split(".")
    for at in range(1, len(parts)):
        yield ".".join(parts[:at]), ".".join(parts[at:])


def _names(schema: pl.Schema) -> list[str]:
    """The columns, and in place of one with fields these, by their paths."""
    names: list[str] = []
    for name, kind in schema.items():
        if isinstance(kind, pl.Struct):
            names += [f"{name}.{field}" for field in _names(pl.Schema(kind.to_schema()))]
        else:
            names.append(name)
    return names


def _as_text(column: pl.Expr, kind: pl.DataType) -> pl.Expr:
    """A column as a CSV file would have it; 5.0 is 5, and what is no number is missing."""
    if not kind.is_float():
        return column.cast(pl.String)
    whole = (column == column.round()) & column.is_finite()
    as_integer = column.cast(pl.Int64, strict=False).cast(pl.String)
    text = pl.when(whole).then(as_integer.fill_null(column.cast(pl.String)))
    return text.when(column.is_nan()).then(None).otherwise(column.cast(pl.String))
