"""What a model says of the texts by which the API recognises it."""

from typing import Final

from lambdas.evaluation.model import Model
from tier_layout.fingerprint import MOST_LABELS, TEXTS, Fingerprint, reading

_ENDS: Final = (b"\n", b"")
"""Of a text: a container may end it with a line break, a token of its own, or may not."""


def fingerprint_of(model: Model) -> Fingerprint | None:
    """Ask the model; None if it has more labels than an endpoint is asked for."""
    if len(model.predict(b"\n")) > MOST_LABELS:
        return None
    return Fingerprint(
        readings=tuple(
            reading(
                {label: probability for probability, label in model.predict(text.encode() + end)}
                for text in TEXTS
            )
            for end in _ENDS
        )
    )
