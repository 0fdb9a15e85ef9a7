"""What a feeling can be told by, and what not."""

import pytest

from review_text import carries_nothing, normalise


@pytest.mark.parametrize(
    "text",
    [".", "?", "...", "!!!", "1", "42", "3 4", "7:30", "1,000.50", "$", "؟", "。", "١٢", "(1)"],
)
def test_signs_and_numbers_carry_nothing(text: str) -> None:
    assert carries_nothing(normalise(text))


@pytest.mark.parametrize(
    "text",
    ["a", "ok", "ж", "好", "ไม่", ":)", ":(", "</3", "^_^", "-_-", "❤️", "😡", "&#128545;", "8/10",
     "9.5/10", "10 / 10!", "5 stars", "¡olé!"],
)  # fmt: skip
def test_words_emoticons_emoji_and_ratings_carry_something(text: str) -> None:
    assert not carries_nothing(normalise(text))
