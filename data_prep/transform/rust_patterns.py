"""Regular expressions that mean the same and that Polars is quicker to search for.

Rust's `regex` finds texts without a match at the speed of memory if it knows with which few signs a
match can begin, and sign by sign, ten times slower, if it does not.
"""

import re
from collections.abc import Iterable

CLASS_SIGNS = 10
"""It looks into classes of up to so many signs (`limit_class` in `regex_syntax::hir::literal`)."""


def is_class(pattern: str) -> bool:
    """Whether a pattern is one character class, without escapes."""
    return re.fullmatch(r"\[[^\[\]\\^]+\]", pattern) is not None


def signs_of(pattern: str) -> list[str]:
    """The signs that a character class matches."""
    bounds = re.findall("(.)(?:-(.))?", pattern[1:-1], re.DOTALL)
    return [
        chr(code) for first, last in bounds for code in range(ord(first), ord(last or first) + 1)
    ]


def one_of(signs: Iterable[str]) -> str:
    """A pattern that matches one of some signs, in classes that are small enough."""
    escaped = [rf"\x{{{ord(sign):x}}}" for sign in signs]
    classes = [escaped[at : at + CLASS_SIGNS] for at in range(0, len(escaped), CLASS_SIGNS)]
    # Without the groups, the parser would make one class of them again.
    return "|".join(f"([{''.join(small)}])" for small in classes)


def is_literal(pattern: str) -> bool:
    """Whether a pattern matches itself and nothing else."""
    return re.search(r"[][\\.*+?^$|(){}]", pattern) is None
