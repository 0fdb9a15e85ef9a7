"""What Polars does in its own words."""

from typing import Any

import narwhals as nw
import polars as pl
import polars_hash

from data_prep.transform.polars_rules import normalised
from data_prep.transform.rows import Frame

HASH_SEED = 42
"""Spark's `xxhash64` has no other."""


class PolarsEngine:
    """The embedded engine; see `data_prep.transform.rows.Engine`."""

    def normalised(self, frame: Frame, column: str) -> Frame:
        """By `polars_rules`, at once: which rules a text needs depends on the text."""
        native: pl.LazyFrame = nw.to_native(frame)
        return _lazy(normalised(native.collect(), column).lazy())

    def with_key(self, frame: Frame, *, of: str) -> Frame:
        """By the plug-in `polars-hash`, whose results do not change with Polars' version."""
        native: pl.LazyFrame = nw.to_native(frame)
        key: Any = polars_hash.col(of).nchash.xxhash64(seed=HASH_SEED)
        return _lazy(native.with_columns(key.reinterpret(signed=True).alias("key")))

    def with_bucket(self, frame: Frame, *, bits: int) -> Frame:
        """By a division, which Polars does in integers."""
        native: pl.LazyFrame = nw.to_native(frame)
        bucket = pl.col("key") // (1 << (64 - bits)) + (1 << (bits - 1))
        return _lazy(native.with_columns(bucket=bucket.cast(pl.Int64)))


def _lazy(native: pl.LazyFrame) -> Frame:
    return nw.from_native(native)
