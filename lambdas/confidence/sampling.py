"""As much of a stream as fits into memory."""

import random
from collections.abc import Iterable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Reservoir(Generic[Item]):
    """Some of the items that were added, each as likely as any other, and always the same ones.

    Vitter's algorithm R. Every n-th item would be simpler, and wrong for a file in which the labels
    take turns.
    """

    def __init__(self) -> None:
        self.kept: list[Item] = []
        """In no order that means anything once items were left out."""
        self._seen = 0
        # No secret: the same stream must give the same sample.
        self._random = random.Random(0)  # noqa: S311

    def add(self, item: Item, *, most: int) -> None:
        """Take one item, or leave it.

        Args:
            item: The next of the stream.
            most: How many are kept. The same for all, if they are to be equally likely.
        """
        self._seen += 1
        if len(self.kept) < most:
            self.kept.append(item)
        elif (place := self._random.randrange(self._seen)) < most:
            self.kept[place] = item


def sample(items: Iterable[Item], *, most: int) -> list[Item]:
    """At most `most` of the items, as a `Reservoir` keeps them."""
    reservoir = Reservoir[Item]()
    for item in items:
        reservoir.add(item, most=most)
    return reservoir.kept
