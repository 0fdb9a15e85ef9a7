"""How a training text is taken apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_text.parts import SHORTEST_PART, training_parts


def words(count: int) -> str:
    return " ".join(f"w{number}" for number in range(count))


@pytest.mark.parametrize(
    ("length", "parts"),
    [
        (1, 1),
        (2 * SHORTEST_PART - 1, 1),
        (2 * SHORTEST_PART, 3),
        (4 * SHORTEST_PART - 1, 3),
        (4 * SHORTEST_PART, 7),
        (1000, 7),
    ],
)
def test_text_is_cut_as_often_as_its_length_allows(length: int, parts: int) -> None:
    assert len(training_parts(words(length))) == parts


def test_whole_text_comes_first() -> None:
    assert training_parts(words(90))[0] == words(90)


@given(st.integers(4 * SHORTEST_PART, 500).map(words))
def test_halves_and_quarters_add_up_to_the_whole(text: str) -> None:
    whole, *parts = training_parts(text)
    assert " ".join(parts[:2]) == whole
    assert " ".join(parts[2:]) == whole


@given(st.integers(1, 500).map(words))
def test_no_part_is_shorter_than_the_least(text: str) -> None:
    _, *parts = training_parts(text)
    assert all(len(part.split(" ")) >= SHORTEST_PART for part in parts)
