"""The VADER lexicon: what ten people felt at each of 7,500 words and emoticons.

Hutto and Gilbert 2014; PyPI `vaderSentiment`, MIT. The labels that it can tell apart are `negative`
and `positive`.
"""

from collections.abc import Iterator
from importlib import resources

NEGATIVE, POSITIVE = "negative", "positive"
LEAST_RATING = 0.5
"""Mean ratings are -4 to 4. Nearer to 0, the raters did not agree on a sign (`:|`, `:o`)."""


def entries() -> Iterator[tuple[str, float]]:
    """Entries and mean ratings: tab-separated, with more columns that are not needed."""
    lexicon = resources.files("vaderSentiment") / "vader_lexicon.txt"
    for line in lexicon.read_text(encoding="utf-8").splitlines():
        entry, rating, *_ = line.split("\t")
        yield entry, float(rating)


def is_word(entry: str) -> bool:
    """Whether an entry is one word of letters; the others are emoticons, numbers and phrases."""
    return entry.isascii() and entry.isalpha()


def label_of(rating: float) -> str:
    """What a rating means."""
    return POSITIVE if rating > 0 else NEGATIVE


def opposite_of(label: str) -> str:
    """The other one of the two."""
    return NEGATIVE if label == POSITIVE else POSITIVE
