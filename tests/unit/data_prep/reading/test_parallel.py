"""Work on all processors: in order, not too far ahead, and over when it fails."""

import threading
from collections.abc import Iterator

import pytest

from data_prep.reading.parallel import WORKERS, in_order


def test_results_come_in_the_order_of_the_items() -> None:
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 1:
            second_is_done.set()
        # With one processor, the second item is begun when the first is done.
        if item == 0 and WORKERS > 1:
            assert second_is_done.wait(timeout=10)
        return item * item

    assert list(in_order(work, range(5))) == [(item, item * item) for item in range(5)]


def test_items_are_taken_only_a_little_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    for item, _ in in_order(str, items()):
        assert len(taken) <= item + 1 + WORKERS
    assert len(taken) == 100


def test_first_failure_ends_it() -> None:
    results = in_order(lambda item: 1 // (3 - item), range(100))
    assert [next(results)[0] for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ZeroDivisionError):
        next(results)
