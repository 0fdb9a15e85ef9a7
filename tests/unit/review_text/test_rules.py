"""What every rule of the table promises to the engines that apply it."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from review_text import RULES, Rule
from tests.unit.review_text.test_review_text import ANY_TEXT

WITH_NEEDS = [rule for rule in RULES if rule.needs]


@pytest.mark.parametrize("rule", RULES)
def test_rule_uses_no_syntax_that_engines_read_differently(rule: Rule) -> None:
    escaped = [rule.pattern[at + 1] for at, sign in enumerate(rule.pattern[:-1]) if sign == "\\"]
    assert not any(sign.isalnum() for sign in escaped)
    assert not any(mark in rule.pattern for mark in ("(?=", "(?!", "(?<", "(?i", "(?s", "*?", "+?"))


@pytest.mark.parametrize("rule", RULES)
def test_rule_never_matches_the_empty_text(rule: Rule) -> None:
    assert re.search(rule.pattern, "") is None


@pytest.mark.parametrize("rule", WITH_NEEDS)
def test_whatever_a_rule_matches_has_one_of_its_literals(rule: Rule) -> None:
    @settings(max_examples=50, database=None)
    @given(st.from_regex(rule.pattern, fullmatch=True))
    def check(match: str) -> None:
        assert any(literal in match for literal in rule.needs)

    check()


@given(text=ANY_TEXT, rule=st.sampled_from(WITH_NEEDS))
def test_rule_matches_nothing_in_a_text_without_its_literals(text: str, rule: Rule) -> None:
    for literal in rule.needs:
        text = text.replace(literal, "")
    # What was left and right of a literal may form another one.
    assume(not any(literal in text for literal in rule.needs))
    assert re.search(rule.pattern, text) is None


@pytest.mark.parametrize("rule", WITH_NEEDS)
def test_no_literal_of_a_rule_is_empty(rule: Rule) -> None:
    assert all(rule.needs)
