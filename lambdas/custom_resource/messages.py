"""Error texts that fit into CloudFormation's response and name a remedy."""

import json
from typing import Final

MESSAGE_BUDGET_BYTES: Final = 2_000
"""Room for one message, counted as escaped JSON.

CloudFormation accepts 4,096 bytes for a whole custom-resource response. The CDK
Provider framework adds its own stack trace, and the stack, request and resource ids.
"""

VALUE_BUDGET_BYTES: Final = 120
"""Room for one offending value: enough to recognise it, too little to drown the rest."""

_CUT: Final = " … "


class CustomResourceError(Exception):
    """A failure that a person can act on; its text always fits the response.

    `before` says what is wrong, `detail` quotes what another system said (of any
    length and content), `after` says what to do. Only the detail is cut, unless
    the rest alone is too long.
    """

    def __init__(self, before: str, *, detail: str = "", after: str = "") -> None:
        fixed = " ".join(part for part in (before, after) if part)
        room = MESSAGE_BUDGET_BYTES - escaped_size(fixed) - 1
        fitted = fit(printable(detail), room) if detail else ""
        text = " ".join(part for part in (before, fitted, after) if part)
        super().__init__(fit(text, MESSAGE_BUDGET_BYTES))


def escaped_size(text: str) -> int:
    """Bytes that `text` takes inside a JSON string, with everything but ASCII escaped.

    This is the longest form in which any step between here and CloudFormation
    writes it, so what fits in this form fits everywhere.
    """
    return len(json.dumps(text)) - len('""')


def fit(text: str, budget: int) -> str:
    """Return `text`, its middle left out if it takes more than `budget` escaped bytes.

    Both ends stay, because a message begins with what failed and ends with what to
    do about it. A budget too small for even the mark of the cut gives "".
    """
    if escaped_size(text) <= budget:
        return text
    keep = (budget - escaped_size(_CUT)) // 2
    if keep <= 0:
        return ""
    return _prefix(text, keep) + _CUT + _prefix(text[::-1], keep)[::-1]


def printable(text: str) -> str:
    """Fold white space, and replace whatever cannot be printed by a question mark."""
    folded = " ".join(text.split())
    return "".join(character if character.isprintable() else "?" for character in folded)


def shown(value: object) -> str:
    """Quote an offending value for a message, shortened."""
    return fit(printable(repr(value)), VALUE_BUDGET_BYTES)


def _prefix(text: str, budget: int) -> str:
    """Return the longest beginning of `text` that takes at most `budget` escaped bytes."""
    used = 0
    for index, character in enumerate(text):
        used += escaped_size(character)
        if used > budget:
            return text[:index]
    return text
