"""More to learn from in a training text: the whole of it, its halves and its quarters.

A model that has only seen whole reviews can learn each one by heart from its rarest words. Parts
make it find the feeling in less text, which helps on whole reviews, and more on single sentences;
docs/accuracy.md has the figures. Only training texts are taken apart, never held-out ones.
"""

PARTS = (1, 2, 4)
"""Into how many equal parts a text is cut."""
SHORTEST_PART = 20
"""Tokens; a text whose parts would be shorter is not cut into that many."""


def training_parts(text: str) -> list[str]:
    """The normalised `text` and its parts, each of which gets the label of the whole.

    Args:
        text: What `normalise` returned; cut between tokens.

    Returns:
        1, 3 or 7 texts, the whole one first; each token stands in 1, 2 or 3 of them.
    """
    tokens = text.split(" ")
    return [
        " ".join(tokens[len(tokens) * number // parts : len(tokens) * (number + 1) // parts])
        for parts in PARTS
        if parts == 1 or len(tokens) >= parts * SHORTEST_PART
        for number in range(parts)
    ]
