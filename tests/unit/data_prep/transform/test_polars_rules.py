"""Polars is spared rules that would find nothing, and no others."""

from collections.abc import Sequence

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.transform.polars_rules import (
    AFTER_SPLIT,
    BEFORE_SPLIT,
    LAST,
    REPLACED_AT_ONCE,
    normalised,
)
from data_prep.transform.rust_patterns import is_literal
from review_text import RULES, Rule, normalise

MOST_REMEMBERED = 32
"""Regular expressions that Polars keeps compiled for a thread (`polars-utils`, `regex_cache`)."""
BESIDE_THE_RULES = 2
"""One looks for ASCII signs that the first rules take, and one tells records of CSV files."""

SPARED = [(needed, rule) for needed, rules in (*BEFORE_SPLIT, *AFTER_SPLIT) for rule in rules]


@pytest.mark.parametrize(("needed", "rule"), SPARED)
def test_a_rule_matches_nothing_without_what_is_looked_for(
    needed: Sequence[str], rule: Rule
) -> None:
    @settings(max_examples=50, database=None)
    @given(st.from_regex(rule.pattern, fullmatch=True))
    def check(match: str) -> None:
        assert any(literal in match for literal in needed)

    check()


def test_every_rule_has_its_turn_once_and_in_the_order_of_the_table() -> None:
    before = [rule for _, rules in BEFORE_SPLIT for rule in rules]
    after = [rule for _, rules in AFTER_SPLIT for rule in rules]
    assert (*RULES[:5], *before, *RULES[27:29], *after, *LAST) == RULES


def test_polars_keeps_all_of_the_expressions_compiled() -> None:
    searched = {
        rule.pattern
        for rule in RULES
        if rule not in REPLACED_AT_ONCE and not is_literal(rule.pattern)
    }
    assert len(searched) + BESIDE_THE_RULES <= MOST_REMEMBERED


def test_other_columns_go_along_with_their_texts() -> None:
    texts = ["Plain", "a  b", "“x”", "&amp;", "<br>", ":)", "don't", "cannot .,", "", "é :) '"]
    frame = pl.DataFrame({"text": texts, "tokens": [f" {text} " for text in texts]})
    rows = normalised(frame, "tokens").rows()
    assert sorted((text, tokens.strip(" ")) for text, tokens in rows) == sorted(
        (text, normalise(text)) for text in texts
    )


def test_no_rows_are_no_rows() -> None:
    frame = pl.DataFrame({"tokens": []}, schema={"tokens": pl.String})
    assert normalised(frame, "tokens").equals(frame)
