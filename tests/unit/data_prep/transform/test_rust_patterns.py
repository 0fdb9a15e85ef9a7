"""Patterns that Polars is quicker to search for mean what the rules mean."""

import re

import polars as pl
import pytest

from data_prep.transform.polars_rules import MANY_SIGNS
from data_prep.transform.rust_patterns import CLASS_SIGNS, is_class, is_literal, one_of, signs_of
from review_text import RULES

CLASSES = [rule.pattern for rule in RULES if is_class(rule.pattern)]
EVERY_SIGN = [chr(code) for code in range(0x11_0000) if not 0xD800 <= code <= 0xDFFF]


@pytest.mark.parametrize("pattern", CLASSES)
def test_signs_of_a_class_are_those_that_it_matches(pattern: str) -> None:
    assert sorted(signs_of(pattern)) == re.findall(pattern, "".join(EVERY_SIGN))


@pytest.mark.parametrize("pattern", CLASSES)
def test_small_classes_match_the_same_signs(pattern: str) -> None:
    signs = signs_of(pattern)[:MANY_SIGNS]
    every = pl.Series(EVERY_SIGN)
    assert list(every.filter(every.str.contains(one_of(signs)))) == sorted(signs)


def test_no_class_is_larger_than_rust_looks_into() -> None:
    sizes = [part.count("{") for part in one_of(EVERY_SIGN[:128]).split("|")]
    assert max(sizes) <= CLASS_SIGNS


@pytest.mark.parametrize("pattern", ["cannot ", "://", "'", "\x01"])
def test_what_matches_itself_only_is_literal(pattern: str) -> None:
    assert is_literal(pattern)


@pytest.mark.parametrize("sign", "[]\\.*+?^$|(){}")
def test_what_has_a_special_sign_is_not_literal(sign: str) -> None:
    assert not is_literal(f"a{sign}")
