"""What Polars does in its own words."""

from typing import Any

import narwhals as nw
import polars as pl
import polars_hash

from data_prep.rust_patterns import is_class, one_of, searched_by_regex, signs_of
from data_prep.transform import Frame
from review_text import LOWER_CASE, RULES, Rule, replacement_for

HASH_SEED = 42
"""Spark's `xxhash64` has no other."""
MANY_SIGNS = 256
"""More than that are not worth an automaton, which is built anew for each block."""

# These are about single signs, none of which becomes one that another rule takes, and about runs
# of spaces. So small classes can be replaced all at once, and the others, runs last, after them.
_FIRST = RULES[:5]
_SIGNS = {rule: signs_of(rule.pattern) for rule in _FIRST if is_class(rule.pattern)}
_AT_ONCE = {rule: signs for rule, signs in _SIGNS.items() if len(signs) <= MANY_SIGNS}
_TABLE = LOWER_CASE | {sign: rule.replacement for rule, signs in _AT_ONCE.items() for sign in signs}
_THEN = [rule for rule in _FIRST if rule not in _AT_ONCE]
_IN_ASCII = [
    *(
        Rule(one_of(in_ascii), rule.replacement)
        for rule, signs in _SIGNS.items()
        if (in_ascii := [sign for sign in signs if sign.isascii()])
    ),
    *(rule for rule in _FIRST if rule not in _SIGNS),
]


class PolarsEngine:
    """The embedded engine; see `data_prep.transform.Engine`."""

    rules = tuple(
        (searched_by_regex(rule.pattern), replacement_for(rule, group="${1}"))
        for rule in RULES[len(_FIRST) :]
    )

    def lower_case(self, frame: Frame, column: str) -> Frame:
        """By Aho and Corasick, but for texts in ASCII: lower-casing these is quicker by far.

        The first rules go with it, as they do little or nothing in ASCII.
        """
        text = pl.col(column)
        is_ascii = text.str.len_bytes() == text.str.len_chars()
        # Both branches of a `when` are computed for every row; a null costs nothing in either.
        table = pl.when(~is_ascii).then(text).str.replace_many(_TABLE)
        for rule in _THEN:
            table = table.str.replace_all(rule.pattern, rule.replacement)
        plain = pl.when(is_ascii).then(text).str.to_lowercase()
        for rule in _IN_ASCII:
            plain = plain.str.replace_all(rule.pattern, rule.replacement)
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
