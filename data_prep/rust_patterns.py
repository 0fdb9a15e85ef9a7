"""Regular expressions that mean the same and that Polars is quicker to search for.

Rust's `regex` finds texts without a match at the speed of memory if it knows with which few signs a
match can begin, and byte by byte, ten times as slow, if it does not.
"""

import re

CLASS_SIGNS = 10
"""It looks into classes of up to so many signs (`limit_class` in `regex_syntax::hir::literal`)."""


def is_class(pattern: str) -> bool:
    """Whether a pattern is one character class without escapes."""
    return re.fullmatch(r"\[[^\[\]\\^]+\]", pattern) is not None


def in_ascii(pattern: str) -> str:
    """What a character class comes to in texts that are ASCII; empty if nothing."""
    signs = [sign for sign in map(chr, range(128)) if re.fullmatch(pattern, sign)]
    small = [signs[at : at + CLASS_SIGNS] for at in range(0, len(signs), CLASS_SIGNS)]
    # Without the groups, the parser would make one class of them again.
    return "|".join("([" + "".join(rf"\x{ord(sign):02x}" for sign in part) + "])" for part in small)


def searched_by_regex(pattern: str) -> str:
    """The pattern in a form in which Polars does not take it for a plain string.

    It would look for that by `str::find`, which is several times slower than its `regex`.
    """
    return f"(?:{pattern})" if pattern.replace(" ", "").isalnum() else pattern
