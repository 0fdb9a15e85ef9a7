"""Normalisers by version: what the current one is called, and that former ones keep their rules."""

from dataclasses import replace

import pytest
from hypothesis import given

from review_text import (
    CURRENT,
    FOLDING,
    FORMER,
    NORMALISER_VERSION,
    RULES,
    SPOKEN,
    Normaliser,
    Rule,
    Step,
    composed,
    normalise,
)
from tests.unit.review_text.test_review_text import ANY_TEXT

SHOUTING = Normaliser(rules=(Rule("!", " ! "), Rule("  +", " ")), folding={"A": "a"})


def test_version_is_that_of_the_data_sets_and_models_made_so_far() -> None:
    # When a rule changes, so does this; the former table then goes into `FORMER`.
    assert NORMALISER_VERSION == "09df38a86c2e"


def test_former_versions_keep_the_names_that_models_know_them_by() -> None:
    assert [former.version for former in FORMER] == ["73d8ba0ff20f"]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It isn't ＧＯＯＤ at all&#128545; :)))", "it is n't ¬ＧＯＯＤ ¬at ¬all :)"),
        ("服务很差", "服务很差"),
        ("na\u0303o", "na\u0303o"),
    ],
)
def test_version_before_the_scripts_still_makes_its_own_tokens(text: str, tokens: str) -> None:
    assert SPOKEN["73d8ba0ff20f"].normalise(text) == tokens


def test_version_is_the_same_whatever_a_rule_needs() -> None:
    bare = tuple(Rule(rule.pattern, rule.replacement) for rule in RULES)
    again = Normaliser(rules=bare, folding=FOLDING, before=CURRENT.before)
    assert again.version == NORMALISER_VERSION


@pytest.mark.parametrize(
    "other",
    [
        replace(CURRENT, rules=RULES[1:]),
        replace(CURRENT, rules=(RULES[1], RULES[0], *RULES[2:])),
        replace(CURRENT, folding={**FOLDING, "İ": "ı"}),
        replace(CURRENT, before=()),
        replace(CURRENT, before=(Step("another", composed),)),
    ],
    ids=["fewer rules", "another order", "another letter", "no step", "another step"],
)
def test_version_changes_with_the_rules_the_letters_and_the_steps(other: Normaliser) -> None:
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
    normaliser = Normaliser(rules=RULES, folding=FOLDING)
    assert "_substitutions" not in vars(normaliser)
    normaliser.normalise("a")
    compiled = vars(normaliser)["_substitutions"]
    normaliser.normalise("b")
    assert vars(normaliser)["_substitutions"] is compiled
