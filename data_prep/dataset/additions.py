"""What the training file holds beside whole texts: their parts, and the emoticon prior.

docs/accuracy.md has what both are worth. The test file holds whole texts only.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from data_prep.dataset.emoticons import EMOTICON_REPETITIONS, emoticon_lines
from review_text.parts import training_parts

MOST_TEXTS_IN_PARTS = 200_000
"""Training texts up to which they stand in the file in parts, too. Parts make up for few reviews;
among millions they would triple the time of a training for a gain that nobody has measured."""


@dataclass(frozen=True, kw_only=True)
class Additions:
    """Which additions a training file gets."""

    parts: bool = True
    """Halves and quarters of each text, as far as there are few enough texts."""
    emoticons: bool = True
    """Lines of a lexicon, where the labels are `negative` and `positive`."""

    def in_parts(self, training_texts: int) -> bool:
        """Whether texts stand in the file in parts, when there are so many of them."""
        return self.parts and training_texts <= MOST_TEXTS_IN_PARTS

    def emoticon_lines(self, labels: Collection[str]) -> list[str]:
        """The lines of the lexicon, repeated as often as they belong into the file."""
        if not self.emoticons:
            return []
        lines = [f"__label__{label} {token}" for label, token in emoticon_lines(labels)]
        return lines * EMOTICON_REPETITIONS


def lines_with_parts(lines: Iterable[str]) -> list[str]:
    """Each line, followed by the parts of its text under the same label."""
    return [
        f"{label} {part}"
        for label, _, text in (line.partition(" ") for line in lines)
        for part in training_parts(text)
    ]
