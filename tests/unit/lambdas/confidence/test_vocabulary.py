"""Which texts are strange to a model, by how rare their words are in what it has learned from."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.confidence.vocabulary import JUDGED, Vocabulary, VocabularyError, hash_of

COUNTS = {"the": 500, "film": 250, "was": 200, "good": 49, "sehr": 1}
FAMILIAR = Vocabulary.of((hash_of(word.encode()), count) for word, count in COUNTS.items())
LIMITED = Vocabulary(
    hashes=FAMILIAR.hashes,
    surprisals=FAMILIAR.surprisals,
    unknown=FAMILIAR.unknown,
    limits=[(3, 5.0), (5, 4.0)],
)


@pytest.mark.parametrize(("word", "count"), COUNTS.items())
def test_surprisal_is_the_logarithm_of_a_words_share(word: str, count: int) -> None:
    assert FAMILIAR.surprisal(word) == pytest.approx(math.log(1000 / count), abs=0.05)


def test_unknown_word_is_rarer_than_one_that_occurred_once() -> None:
    assert FAMILIAR.surprisal("gut") == pytest.approx(math.log(1000) + 1, abs=0.05)


@pytest.mark.parametrize(
    ("text", "strange"),
    [
        ("the film was good", False),
        ("film war sehr", True),
        ("der film was sehr gut", True),
        # Below the shortest limit nothing is said of words that are known.
        ("sehr film", False),
    ],
)
def test_text_of_rarer_words_than_its_length_has_is_strange(text: str, strange: bool) -> None:
    assert LIMITED.is_strange(text.split()) is strange


@pytest.mark.parametrize("vocabulary", [FAMILIAR, LIMITED])
@pytest.mark.parametrize("text", ["gut", "gut !", "ganz gut", "不 好"])
def test_text_of_unknown_words_alone_is_strange(vocabulary: Vocabulary, text: str) -> None:
    assert vocabulary.is_strange(text.split())


@pytest.mark.parametrize("text", ["!", "10 / 10", "good", "gut film"])
def test_signs_and_numbers_are_no_unknown_words(text: str) -> None:
    assert not FAMILIAR.is_strange(text.split())


def test_longest_limit_is_for_longer_texts_too() -> None:
    assert LIMITED.is_strange(["film", *["gut"] * 20])


def test_beginning_of_a_text_says_what_language_it_is() -> None:
    assert not LIMITED.is_strange([*["the"] * JUDGED, *["gut"] * 1000])


@given(st.dictionaries(st.text(), st.integers(0, 10**12), max_size=50))
def test_what_is_written_is_read(counts: dict[str, int]) -> None:
    words = {hash_of(word.encode()): count for word, count in counts.items()}
    vocabulary = Vocabulary.of(words.items())

    read = Vocabulary.from_bytes(vocabulary.to_bytes())

    assert (*read.hashes,) == (*vocabulary.hashes,)
    assert (read.surprisals, read.unknown) == (vocabulary.surprisals, vocabulary.unknown)


def test_limits_are_written_too() -> None:
    assert Vocabulary.from_bytes(LIMITED.to_bytes()).limits == [(3, 5.0), (5, 4.0)]


def test_file_has_five_bytes_a_word() -> None:
    assert len(LIMITED.to_bytes()) < 200 + 5 * len(COUNTS)


def test_columns_that_came_later_are_left_aside() -> None:
    header, _, body = LIMITED.to_bytes().partition(b"\n")
    later = header.replace(b'"surprisal:u1"', b'"surprisal:u1","weight:f2"') + b"\n" + body
    read = Vocabulary.from_bytes(later + b"\0" * 2 * len(COUNTS))

    assert read.surprisal("film") == LIMITED.surprisal("film")
    assert read.limits == LIMITED.limits


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"{}\n",
        b"[1]\n",
        LIMITED.to_bytes()[:-1],
        LIMITED.to_bytes().replace(b'"format":1', b'"format":2'),
        LIMITED.to_bytes().replace(b"crc32", b"crc64"),
        LIMITED.to_bytes().replace(b"[3,5.0]", b"[3]"),
        b"{" * 10_000,
    ],
)
def test_anything_else_is_no_vocabulary(content: bytes) -> None:
    with pytest.raises(VocabularyError):
        Vocabulary.from_bytes(content)
