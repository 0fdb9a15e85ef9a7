"""Turns a text into the tokens that the model is trained on, and served with."""

import hashlib
import re
from collections.abc import Callable

from review_text.rules import RULES, Rule

# Lower-casing is a table of our own. `str.lower` follows the Unicode version of the engine (Python
# 3.11 and 3.13 differ already), makes two characters of `İ`, and looks at a sigma's neighbours.
# These ranges have not changed since Unicode 3.0; a capital outside them stays as it is.
_CASED_RANGES = (
    (0x41, 0x5A),  # ASCII
    (0xC0, 0xDE),  # Latin-1
    (0x100, 0x17F),  # Latin Extended-A
    (0x386, 0x3AB),  # Greek
    (0x400, 0x42F),  # Cyrillic
)
LOWER_CASE: dict[str, str] = {
    upper: "i" if upper == "İ" else upper.lower()
    for first, last in _CASED_RANGES
    for upper in map(chr, range(first, last + 1))
    if upper != upper.lower()
}
"""Capital → small letter, one character each; `Σ` is always `σ`, and `İ` is `i`."""

_DEFINITION = ascii((RULES, sorted(LOWER_CASE.items())))
NORMALISER_VERSION = hashlib.sha256(_DEFINITION.encode()).hexdigest()[:12]
"""Changes with every rule, so that training data can name the rules it was made by."""


def normalise(text: str) -> str:
    """The tokens of `text`, separated by single spaces; empty if there are none.

    Total (lone surrogates and control characters included), idempotent, and no token starts with
    `__label__`. The tokens are what fastText sees: it splits on ASCII white space and nothing else.
    """
    # Only Python has strings with lone surrogates, so the shared table cannot name them.
    text = text.lower() if text.isascii() else _SURROGATE.sub(" ", text).translate(_TRANSLATION)
    text = f" {text} "
    for substitute, replacement in _SUBSTITUTIONS:
        text = substitute(replacement, text)
    return text.strip(" ")


def replacement_for(rule: Rule, *, group: str) -> str:
    r"""A rule's replacement in the syntax of an engine.

    Args:
        rule: A rule of the table.
        group: How the engine writes "group 1": `\g<1>` in Python, `${1}` in Rust, `$1` in Java.
    """
    return re.sub(r"\{([0-9])\}", lambda match: group.replace("1", match[1]), rule.replacement)


_SURROGATE = re.compile("[\ud800-\udfff]")
_TRANSLATION = str.maketrans(LOWER_CASE)
_SUBSTITUTIONS: tuple[tuple[Callable[[str, str], str], str], ...] = tuple(
    (re.compile(rule.pattern).sub, replacement_for(rule, group=r"\g<1>")) for rule in RULES
)
