"""How a long stream is sampled."""

from collections import Counter
from itertools import cycle, islice

from hypothesis import given
from hypothesis import strategies as st

from lambdas.confidence.sampling import sample


@given(st.lists(st.integers(), max_size=20), st.integers(1, 30))
def test_sample_has_as_many_items_as_fit(items: list[int], most: int) -> None:
    kept = sample(items, most=most)

    assert len(kept) == min(len(items), most)
    assert not Counter(kept) - Counter(items)


@given(st.lists(st.integers(), max_size=20))
def test_short_stream_is_kept_whole_and_in_order(items: list[int]) -> None:
    assert sample(items, most=20) == items


def test_same_stream_gives_the_same_sample() -> None:
    assert sample(range(1000), most=10) == sample(iter(range(1000)), most=10)


def test_labels_that_take_turns_stay_in_proportion() -> None:
    kept = sample(islice(cycle("ab"), 20_000), most=1000)

    assert 400 < kept.count("a") < 600


def test_beginning_and_end_are_as_likely() -> None:
    kept = sample(range(20_000), most=1000)

    assert 400 < sum(item < 10_000 for item in kept) < 600
