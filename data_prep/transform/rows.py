"""The one definition of the transformation: narwhals expressions, for Polars and for Spark.

An engine adds the things that narwhals has no word for: lower-casing by our own table, with the
rules that follow it, and a hash that both engines compute alike.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import narwhals as nw

from data_prep.reading.labels import LabelMap
from data_prep.transform.side import Side

Frame = nw.LazyFrame[Any]


class Engine(Protocol):
    """What differs between Polars and Spark."""

    def normalised(self, frame: Frame, column: str) -> Frame:
        """The column as `review_text.CURRENT` has it; rows in any order."""

    def with_key(self, frame: Frame, *, of: str) -> Frame:
        """A column `key` beside the others: xxhash64 (seed 42) of the column's UTF-8, signed."""

    def with_bucket(self, frame: Frame, *, bits: int) -> Frame:
        """A column `bucket`: the first bits of `key`, as a number from 0 that grows with it."""


def with_label_and_text(
    frame: Frame, *, label: str, text: Sequence[str], labels: LabelMap
) -> Frame:
    """Columns `raw_label`, `label` (null if it is not mapped) and `text` (all texts, joined)."""
    raw = nw.coalesce(nw.col(label), nw.lit("")).str.strip_chars(" \t\r\n")
    joined = nw.concat_str(*map(nw.col, text), separator=" ", ignore_nulls=True)
    frame = frame.with_columns(raw_label=raw, text=joined)
    if not labels.names:
        return frame.with_columns(label=nw.col("raw_label"))
    # One branch a label; from the inside out, since Spark has no dictionary look-up.
    mapped: Any = nw.lit(None, dtype=nw.String)
    for name in sorted(set(labels.names.values())):
        values = [value for value, named in labels.names.items() if named == name]
        mapped = nw.when(nw.col("raw_label").is_in(values)).then(nw.lit(name)).otherwise(mapped)
    return frame.with_columns(label=mapped)


def with_tokens(frame: Frame, engine: Engine) -> Frame:
    """Column `tokens`: what `review_text.normalise` makes of column `text`, byte by byte."""
    blank = nw.lit(" ")
    frame = frame.with_columns(
        tokens=nw.concat_str(blank, nw.coalesce(nw.col("text"), nw.lit("")), blank)
    )
    frame = engine.normalised(frame, "tokens")
    return frame.with_columns(tokens=nw.col("tokens").str.strip_chars(" "))


def with_line(frame: Frame) -> Frame:
    """Column `line`: a line of a BlazingText file."""
    return frame.with_columns(
        line=nw.concat_str(nw.lit("__label__"), nw.col("label"), nw.lit(" "), nw.col("tokens"))
    )


def by_text(rows: Frame, *, carry: str, of: Sequence[str] = ("key",)) -> Frame:
    """One row a text: its labels, how often it occurs for which side, and one of its rows.

    Args:
        rows: Columns `key`, `label`, `side` (a `Side`), and the one to carry along.
        carry: A column of which the lowest value is kept.
        of: What makes rows the same text: also their label, where the labels are to be counted.

    Returns:
        Columns `key`, `label`, `last_label` (another one only where labels contradict), `rows`,
        `validation_rows`, `test_rows`, and the one that was carried along.
    """
    named = [] if "label" in of else [nw.col("label").min()]
    counted = rows.with_columns(last_label=nw.col("label")).group_by(*of)
    return counted.agg(
        *named,
        nw.col("last_label").max(),
        nw.len().alias("rows"),
        (nw.col("side") == int(Side.VALIDATION)).cast(nw.Int64).sum().alias("validation_rows"),
        (nw.col("side") == int(Side.TEST)).cast(nw.Int64).sum().alias("test_rows"),
        nw.col(carry).min(),
    )
