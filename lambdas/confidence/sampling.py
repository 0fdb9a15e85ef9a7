"""As much of a stream as fits into memory."""

import random
from collections.abc import Iterable
from typing import TypeVar

Item = TypeVar("Item")


def sample(items: Iterable[Item], *, most: int) -> list[Item]:
    """At most `most` of the items, each as likely as any other, and always the same ones.

    Vitter's algorithm R. Every n-th item would be simpler, and wrong for a file in which the labels
    take turns.
    """
    generator = random.Random(0)  # noqa: S311 - no secret: it must give the same sample each time
    kept: list[Item] = []
    for seen, item in enumerate(items):
        if seen < most:
            kept.append(item)
        elif (place := generator.randrange(seen + 1)) < most:
            kept[place] = item
    return kept
