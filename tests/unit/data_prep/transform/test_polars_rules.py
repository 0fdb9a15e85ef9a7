"""Polars is spared rules that would find nothing, and no others."""

import polars as pl

from data_prep.transform.polars_rules import (
    AFTER_SPLIT,
    BEFORE_SPLIT,
    REPLACED_AT_ONCE,
    normalised,
)
from data_prep.transform.rust_patterns import is_class, is_literal
from review_text import RULES, normalise
from review_text.rules import CHARACTERS, EMOTICONS, SCRIPTS, SPLIT

MOST_REMEMBERED = 32
"""Regular expressions that Polars keeps compiled for a thread (`polars-utils`, `regex_cache`)."""
BESIDE_THE_RULES = 3
"""Two look for what the first rules take, in ASCII and beyond; one tells records of CSV files."""


def test_every_rule_has_its_turn_once_and_in_the_order_of_the_table() -> None:
    before = [rule for _, rules in BEFORE_SPLIT for rule in rules]
    after = [rule for _, rules in AFTER_SPLIT for rule in rules]
    assert (*CHARACTERS, *before, *SPLIT, *after) == RULES


def test_a_rule_is_looked_for_by_what_it_needs() -> None:
    groups = [*BEFORE_SPLIT, *AFTER_SPLIT]
    assert all(rule.needs == needed for needed, rules in groups for rule in rules)


def test_short_way_of_ascii_knows_what_every_first_rule_looks_for() -> None:
    assert all(is_class(rule.pattern) or rule.needs or rule == SCRIPTS for rule in CHARACTERS)


def test_one_look_at_a_text_decides_on_all_emoticons() -> None:
    assert [len(rules) for _, rules in BEFORE_SPLIT].count(len(EMOTICONS)) == 1


def test_polars_keeps_all_of_the_expressions_compiled() -> None:
    searched = {
        rule.pattern
        for rule in RULES
        if rule not in REPLACED_AT_ONCE and not is_literal(rule.pattern)
    }
    assert len(searched) + BESIDE_THE_RULES <= MOST_REMEMBERED


def test_other_columns_go_along_with_their_texts() -> None:
    texts = [
        "Plain",
        "a  b",
        "“x”",
        "&amp;",
        "<br>",
        ":)",
        "don't",
        "cannot .,",
        "",
        "é :) '",
        "好吃",
        "caf&#233;",
    ]
    frame = pl.DataFrame({"text": texts, "tokens": [f" {text} " for text in texts]})
    rows = normalised(frame, "tokens").rows()
    assert sorted((text, tokens.strip(" ")) for text, tokens in rows) == sorted(
        (text, normalise(text)) for text in texts
    )


def test_no_rows_are_no_rows() -> None:
    frame = pl.DataFrame({"tokens": []}, schema={"tokens": pl.String})
    assert normalised(frame, "tokens").equals(frame)
