"""A disclosed prior: what emoticons mean, which reviews alone do not teach.

Emoticons hardly occur in reviews, so a model that is trained on them guesses. The lexicon
(`lexicon.py`) has ratings of each. Its single signs would do harm (`@` gains a polarity); its words
are for short texts (`short_texts.py`).
"""

from collections.abc import Collection
from functools import cache

from data_prep.dataset.lexicon import LEAST_RATING, NEGATIVE, POSITIVE, entries, label_of
from review_text import normalise

EMOTICON_REPETITIONS = 20
"""How often each line belongs into the training file; docs/accuracy.md has what that costs."""
_SHORTEST = 2


def emoticon_lines(labels: Collection[str]) -> list[tuple[str, str]]:
    """Label and token of each emoticon that has a feeling; nothing for other labels.

    Args:
        labels: The data set's labels. Only one that has both `negative` and `positive` can use the
            lexicon; its other labels get no line.

    Returns:
        Pairs in the order of the tokens, each token once.
    """
    if not {NEGATIVE, POSITIVE} <= set(labels):
        return []
    return [(label_of(rating), token) for token, rating in _ratings()]


@cache
def _ratings() -> tuple[tuple[str, float], ...]:
    ratings: dict[str, float] = {}
    for entry, rating in entries():
        # A word, as nearly all of the entries are: to normalise them takes longer than the rest.
        if entry.isascii() and entry.isalnum():
            continue
        token = normalise(entry)
        if _is_emoticon(token):
            ratings.setdefault(token, rating)
    # The lexicon has `:(`, not `=(`: a mouth means the same under either eyes.
    for token, rating in list(ratings.items()):
        twin = token.replace(":", "=")
        if normalise(twin) == twin:
            ratings.setdefault(twin, rating)
    return tuple(
        (token, rating) for token, rating in sorted(ratings.items()) if abs(rating) >= LEAST_RATING
    )


def _is_emoticon(token: str) -> bool:
    """One token, of at least two characters, that the normaliser did not take for a word."""
    if len(token) < _SHORTEST or " " in token:
        return False
    return not (token[0].isalnum() or token[0] == "'")
