"""What Polars does in its own words."""

from typing import Any

import narwhals as nw
import polars as pl
import polars_hash

from data_prep.rust_patterns import in_ascii, is_class, searched_by_regex
from data_prep.transform import Frame
from review_text import LOWER_CASE, RULES, replacement_for

HASH_SEED = 42
"""Spark's `xxhash64` has no other."""
_FIRST = 1 + max(number for number, rule in enumerate(RULES) if is_class(rule.pattern))
"""How many rules are applied to texts in ASCII, which are the most, apart from the others."""
_ALL = [(rule.pattern, replacement_for(rule, group="${1}")) for rule in RULES]
_IN_ASCII = [
    (pattern, replacement)
    for full, replacement in _ALL[:_FIRST]
    if (pattern := in_ascii(full) if is_class(full) else full)
]


class PolarsEngine:
    """The embedded engine; see `data_prep.transform.Engine`."""

    rules = tuple(
        (searched_by_regex(pattern), replacement) for pattern, replacement in _ALL[_FIRST:]
    )

    def lower_case(self, frame: Frame, column: str) -> Frame:
        """By Aho and Corasick, but for texts in ASCII: lower-casing these is quicker by far.

        And so are the first rules, in which ASCII has a small part or none.
        """
        text = pl.col(column)
        is_ascii = text.str.len_bytes() == text.str.len_chars()
        # Both branches of a `when` are computed for every row; a null costs nothing in either.
        table = pl.when(~is_ascii).then(text).str.replace_many(LOWER_CASE)
        for pattern, replacement in _ALL[:_FIRST]:
            table = table.str.replace_all(pattern, replacement)
        plain = pl.when(is_ascii).then(text).str.to_lowercase()
        for pattern, replacement in _IN_ASCII:
            plain = plain.str.replace_all(pattern, replacement)
        native: pl.LazyFrame = nw.to_native(frame)
        return _lazy(native.with_columns(pl.coalesce(plain, table).alias(column)))

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
