"""What held-out texts of each length are like: a text beyond that is strange."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final

from lambdas.confidence.sampling import Reservoir
from lambdas.confidence.vocabulary import LENGTHS, Vocabulary
from lambdas.evaluation.examples import Example, text_of
from lambdas.evaluation.model import Prediction

MOST_TEXTS: Final = 2_500
LONGEST_BYTES: Final = 4_000
"""Of a text that is kept, so that they never take more than 10 MB."""
WINDOWS: Final = 8
"""Parts of each length that are looked at in a text: sentences are parts of reviews."""
FEWEST_WINDOWS: Final = 1_000
"""Of one length: the thousandth part of fewer cannot be told."""
USUAL: Final = 0.999
"""Share of the parts that are no stranger than what is usual."""
MARGIN_NATS: Final = 1.0
"""What a text must be beyond that: `e` times as rare, word by word. Texts of another kind than
those of the evaluation, about goods instead of films, stay within it (docs/accuracy.md)."""


class HeldOutTexts:
    """Collects some of an evaluation's texts, and measures the limits on them."""

    def __init__(self) -> None:
        self._texts = Reservoir[bytes]()

    def add(self, example: Example, _: Prediction) -> None:
        """Take one line, or leave it."""
        if example.labels and example.tokens:
            self._texts.add(text_of(example.line)[:LONGEST_BYTES], most=MOST_TEXTS)

    def limits(self, vocabulary: Vocabulary) -> Vocabulary:
        """The vocabulary, with the limit of every length that there are enough parts of."""
        texts = [
            array("f", map(vocabulary.surprisal, text.decode(errors="replace").split(" ")))
            for text in self._texts.kept
        ]
        parts = {length: sorted(_means(texts, length)) for length in LENGTHS}
        return replace(
            vocabulary,
            limits=[
                (length, round(means[int(USUAL * len(means))] + MARGIN_NATS, 2))
                for length, means in parts.items()
                if len(means) >= FEWEST_WINDOWS
            ],
        )


def _means(texts: Iterable[Sequence[float]], length: int) -> list[float]:
    """The mean surprisal of some parts of each text that is as long."""
    found = []
    for surprisals in texts:
        last = len(surprisals) - length
        if last < 0:
            continue
        sums = list(accumulate(surprisals, initial=0.0))
        starts = {place * last // (WINDOWS - 1) for place in range(WINDOWS)}
        found += [(sums[start + length] - sums[start]) / length for start in starts]
    return found
