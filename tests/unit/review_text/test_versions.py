"""Normalisers by version: what the current one is called, and that former ones keep their rules."""

import pytest
from hypothesis import given

from review_text import (
    CURRENT,
    FORMER,
    LOWER_CASE,
    NORMALISER_VERSION,
    RULES,
    SPOKEN,
    Normaliser,
    Rule,
    normalise,
)
from tests.unit.review_text.test_review_text import ANY_TEXT

SHOUTING = Normaliser(rules=(Rule("!", " ! "), Rule("  +", " ")), lower_case={"A": "a"})


def test_version_is_that_of_the_data_sets_and_models_made_so_far() -> None:
    # When a rule changes, so does this; the former table then goes into `FORMER`.
    assert NORMALISER_VERSION == "73d8ba0ff20f"


def test_version_is_the_same_whatever_a_rule_needs() -> None:
    bare = tuple(Rule(rule.pattern, rule.replacement) for rule in RULES)
    assert Normaliser(rules=bare, lower_case=LOWER_CASE).version == NORMALISER_VERSION


@pytest.mark.parametrize(
    "other",
    [
        Normaliser(rules=RULES[1:], lower_case=LOWER_CASE),
        Normaliser(rules=(RULES[1], RULES[0], *RULES[2:]), lower_case=LOWER_CASE),
        Normaliser(rules=RULES, lower_case={**LOWER_CASE, "İ": "ı"}),
    ],
    ids=["fewer rules", "another order", "another letter"],
)
def test_version_changes_with_the_rules_and_the_letters(other: Normaliser) -> None:
    assert other.version != NORMALISER_VERSION


def test_current_version_is_spoken_before_the_former_ones() -> None:
    assert [*SPOKEN.values()] == [CURRENT, *FORMER]


def test_each_version_is_spoken_under_its_own_name() -> None:
    assert all(version == normaliser.version for version, normaliser in SPOKEN.items())
    assert len(SPOKEN) == 1 + len(FORMER)


@given(ANY_TEXT)
def test_normalise_is_the_current_one(text: str) -> None:
    assert normalise(text) == CURRENT.normalise(text)


def test_normaliser_applies_its_own_rules_and_letters() -> None:
    assert SHOUTING.normalise("AHA!!\ud800don't :)") == "aHa ! ! don't :)"


def test_patterns_are_compiled_for_the_first_text_and_then_kept() -> None:
    normaliser = Normaliser(rules=RULES, lower_case=LOWER_CASE)
    assert "_substitutions" not in vars(normaliser)
    normaliser.normalise("a")
    compiled = vars(normaliser)["_substitutions"]
    normaliser.normalise("b")
    assert vars(normaliser)["_substitutions"] is compiled
