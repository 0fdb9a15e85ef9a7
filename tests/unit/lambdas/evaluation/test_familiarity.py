"""The limits beyond which a text is strange, as held-out texts give them."""

import io
import random

import pytest

from lambdas.confidence.vocabulary import Vocabulary, hash_of
from lambdas.evaluation.examples import read_examples
from lambdas.evaluation.familiarity import LONGEST_BYTES, MARGIN_NATS, HeldOutTexts

WORDS = [f"word{number}" for number in range(1000)]
VOCABULARY = Vocabulary.of(
    (hash_of(word.encode()), 10_000 // number) for number, word in enumerate(WORDS, start=1)
)
WEIGHTS = [1 / number for number in range(1, len(WORDS) + 1)]


def limits_of(*lines: str) -> dict[int, float]:
    texts = HeldOutTexts()
    for example in read_examples(io.BytesIO("".join(lines).encode()), "test.txt"):
        texts.add(example, [])
    return dict(texts.limits(VOCABULARY).limits)


def sentences(count: int, length: int, seed: int = 0) -> list[list[str]]:
    """Of the vocabulary's words, as often as it has them."""
    source = random.Random(seed)  # noqa: S311 - repeatable text, not a secret
    return [source.choices(WORDS, WEIGHTS, k=length) for _ in range(count)]


def lines(count: int, length: int) -> list[str]:
    return [f"__label__a {' '.join(words)}\n" for words in sentences(count, length)]


def test_longer_texts_have_a_lower_limit() -> None:
    limits = [*limits_of(*lines(500, 40)).values()]

    assert limits == sorted(limits, reverse=True)
    assert len(set(limits)) == len(limits)


@pytest.mark.parametrize("length", [4, 9, 30])
def test_other_texts_of_the_same_words_are_not_strange(length: int) -> None:
    texts = HeldOutTexts()
    for example in read_examples(io.BytesIO("".join(lines(500, 40)).encode()), "test.txt"):
        texts.add(example, [])
    vocabulary = texts.limits(VOCABULARY)
    others = sentences(2_000, length, seed=1)

    assert sum(map(vocabulary.is_strange, others)) <= 2


def test_limit_is_a_margin_beyond_what_is_usual() -> None:
    (limit,) = limits_of(*["__label__a word0 word0\n"] * 1_000).values()

    assert limit - MARGIN_NATS == pytest.approx(VOCABULARY.surprisal("word0"), abs=0.01)


def test_length_of_which_there_are_few_texts_has_no_limit() -> None:
    assert limits_of(*lines(100, 3)) == {}
    assert max(limits_of(*lines(500, 7))) == 6


@pytest.mark.parametrize("line", ["word1 word2 word3\n", "__label__a\n", "\n"])
def test_line_without_label_or_text_is_left_out(line: str) -> None:
    assert limits_of(*[line] * 2_000) == {}


def test_long_text_is_cut() -> None:
    text = "__label__a " + "word1 " * LONGEST_BYTES + "\n"

    assert max(limits_of(*[text] * 200)) == 32
