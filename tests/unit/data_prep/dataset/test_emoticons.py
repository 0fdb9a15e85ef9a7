"""Which emoticons the lexicon's prior holds, and for which labels."""

import pytest

from data_prep.dataset.emoticons import EMOTICON_REPETITIONS, emoticon_lines
from review_text import normalise

LABELS = {"negative", "positive"}


@pytest.mark.parametrize("emoticon", [":)", "(:", "=)", ":-)", ":d", "<3", ";)"])
def test_happy_emoticon_is_positive(emoticon: str) -> None:
    assert ("positive", emoticon) in emoticon_lines(LABELS)


@pytest.mark.parametrize("emoticon", [":(", "):", "=(", ":-(", ":'(", "</3"])
def test_sad_emoticon_is_negative(emoticon: str) -> None:
    assert ("negative", emoticon) in emoticon_lines(LABELS)


@pytest.mark.parametrize("emoticon", [":|", ":o", ":-o"])
def test_emoticon_without_a_clear_feeling_is_left_out(emoticon: str) -> None:
    assert emoticon not in [token for _, token in emoticon_lines(LABELS)]


def test_every_token_is_what_the_normaliser_makes_of_it() -> None:
    tokens = [token for _, token in emoticon_lines(LABELS)]
    assert tokens == [normalise(token) for token in tokens]


def test_every_token_comes_once_and_in_order() -> None:
    tokens = [token for _, token in emoticon_lines(LABELS)]
    assert tokens == sorted(set(tokens))


def test_words_and_single_signs_of_the_lexicon_are_left_out() -> None:
    assert not any(
        len(token) < 2 or " " in token or token.isalnum()
        for _, token in emoticon_lines(LABELS)
    )  # fmt: skip


def test_further_labels_get_no_line() -> None:
    assert emoticon_lines({*LABELS, "neutral"}) == emoticon_lines(LABELS)


@pytest.mark.parametrize("labels", [[], ["positive"], ["1", "2"], ["Negative", "Positive"]])
def test_other_labels_get_nothing(labels: list[str]) -> None:
    assert emoticon_lines(labels) == []


def test_lines_are_repeated_often_enough_to_be_learned() -> None:
    assert EMOTICON_REPETITIONS >= 10
