"""What the training file holds beside whole texts: their parts, and priors.

docs/accuracy.md has what each is worth. The other files hold whole texts only.
"""

import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_prep.dataset.emoticons import EMOTICON_REPETITIONS, emoticon_lines
from data_prep.dataset.short_texts import SHORT_TEXT_REPETITIONS, nothing_lines, short_text_lines
from review_text.parts import training_parts

MOST_TEXTS_IN_PARTS = 200_000
"""Training texts up to which they stand in the file in parts, too. Parts make up for few reviews;
among millions they would triple the time of a training for a gain that nobody has measured."""
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class Additions:
    """Which additions a training file gets."""

    parts: bool = True
    """Halves and quarters of each text, as far as there are few enough texts."""
    emoticons: bool = True
    """Lines of a lexicon, where the labels are `negative` and `positive`."""
    short_texts: bool = False
    """Sentences and words of other sources, where the labels are `negative` and `positive`."""

    def in_parts(self, training_texts: int) -> bool:
        """Whether texts stand in the file in parts, when there are so many of them."""
        return self.parts and training_texts <= MOST_TEXTS_IN_PARTS

    def emoticon_lines(self, labels: Collection[str]) -> list[str]:
        """The lines of the lexicon, repeated as often as they belong into the file."""
        if not self.emoticons:
            return []
        lines = [f"__label__{label} {token}" for label, token in emoticon_lines(labels)]
        return lines * EMOTICON_REPETITIONS

    def short_text_lines(self, labels: Collection[str]) -> dict[str, str]:
        """Each short text, and its line.

        Raises:
            DataPrepError: their source is not installed.
        """
        if not self.short_texts:
            return {}
        return {text: f"__label__{label} {text}" for label, text in short_text_lines(labels)}

    def nothing_lines(self, labels: Collection[str]) -> list[str]:
        """The lines of what carries nothing, which belong to the short texts."""
        if not self.short_texts:
            return []
        return [f"__label__{label} {text}" for label, text in nothing_lines(labels)]


def mixed(
    short_texts: Mapping[str, str], *, held_out: Collection[str], nothing: Sequence[str]
) -> list[str]:
    """The lines of short texts and of what carries nothing, in an order that means nothing.

    Args:
        short_texts: Text → line; each line comes out as often as it belongs into the file.
        held_out: Those that the other files have, too: a model must not see what it is examined on.
        nothing: As often as they belong into the file.
    """
    shown = [line for text, line in short_texts.items() if text not in held_out]
    lines = [*shown * SHORT_TEXT_REPETITIONS, *nothing]
    random.Random(_SEED).shuffle(lines)  # noqa: S311 - no secret: the same order each time
    return lines


def lines_with_parts(lines: Iterable[str]) -> list[str]:
    """Each line, followed by the parts of its text under the same label."""
    return [
        f"{label} {part}"
        for label, _, text in (line.partition(" ") for line in lines)
        for part in training_parts(text)
    ]
