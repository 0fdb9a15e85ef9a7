"""The same table in Polars (Rust regular expressions) gives the same bytes as in Python."""

import itertools

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from review_text import LOWER_CASE, RULES, normalise, replacement_for
from tests.unit.test_review_text import ANY_TEXT, EMOTICONS


def normalise_in_polars(texts: list[str]) -> list[str]:
    tokens = pl.concat_str(pl.lit(" "), pl.col("text"), pl.lit(" "))
    tokens = tokens.str.replace_many(LOWER_CASE)
    for rule in RULES:
        tokens = tokens.str.replace_all(rule.pattern, replacement_for(rule, group="${1}"))
    frame = pl.DataFrame({"text": texts}, schema={"text": pl.String})
    return frame.select(tokens.str.strip_chars(" ").alias("tokens"))["tokens"].to_list()


def encodable(text: str) -> str:
    """Polars has no strings with lone surrogates."""
    return text.encode(errors="replace").decode()


@settings(max_examples=60, deadline=None)
@given(st.lists(ANY_TEXT.map(encodable), max_size=20))
def test_polars_gives_the_same_tokens_on_random_text(texts: list[str]) -> None:
    assert normalise_in_polars(texts) == [normalise(text) for text in texts]


def test_polars_gives_the_same_tokens_around_every_character() -> None:
    characters = [chr(code) for code in range(0x11_0000) if not 0xD800 <= code <= 0xDFFF]
    texts = ["A{}a".format("".join(characters[at : at + 64])) for at in range(0, 0x10_0000, 64)]
    assert normalise_in_polars(texts) == [normalise(text) for text in texts]


def test_polars_gives_the_same_tokens_for_every_pair_of_emoticons() -> None:
    texts = [f"x{one}{two}y" for one in EMOTICONS for two in EMOTICONS]
    assert normalise_in_polars(texts) == [normalise(text) for text in texts]


def test_polars_gives_the_same_tokens_for_every_five_words_around_a_negation() -> None:
    words = ["not", "don't", "a", "¬b", ","]
    texts = [" ".join(five) for five in itertools.product(words, repeat=5)]
    assert normalise_in_polars(texts) == [normalise(text) for text in texts]
