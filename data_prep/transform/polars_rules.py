"""`review_text.normalise` on a column of Polars, with as little searching as will do.

Most rules find nothing in most texts. What a rule cannot do without is found at the speed of
memory, so a text without it is spared the rule. And what most texts consist of, ASCII without
emoticons, takes a shorter way than what else there is. Rows come back in another order.
"""

from collections.abc import Callable, Sequence
from itertools import chain, groupby

import polars as pl

from data_prep.transform.rust_patterns import is_class, is_literal, one_of, signs_of
from review_text import FOLDING, NEEDS_COMPOSING, Rule, composed, replacement_for
from review_text.composition import NUMBER_SIGN
from review_text.rules import (
    CHARACTERS,
    EMOTICONS,
    GLUE,
    IDEOGRAPH,
    LETTER,
    MARKUP,
    SCRIPTS,
    SPLIT,
    WORDS,
)

MANY_SIGNS = 256
"""More than that are not worth an automaton, which is built anew for each block."""

# Small classes of signs can be replaced all at once; large ones, and runs of spaces, after them.
_SIGNS = {rule: signs_of(rule.pattern) for rule in CHARACTERS if is_class(rule.pattern)}
REPLACED_AT_ONCE = {rule: signs for rule, signs in _SIGNS.items() if len(signs) <= MANY_SIGNS}
_TABLE = FOLDING | {
    sign: rule.replacement for rule, signs in REPLACED_AT_ONCE.items() for sign in signs
}
_THEN = [rule for rule in CHARACTERS if rule not in REPLACED_AT_ONCE]
_THEN_IN_LATIN = [rule for rule in _THEN if rule != SCRIPTS]
# One look for all that needs more than these.
_NOT_SO_SIMPLE = f"{NEEDS_COMPOSING}|[{IDEOGRAPH}{LETTER}]"
# All that these rules have to do in ASCII. Hardly a text has any of it.
_SIGNS_IN_ASCII = one_of(sign for signs in _SIGNS.values() for sign in signs if sign.isascii())
_NEEDED_BESIDE_SIGNS = [*chain.from_iterable(rule.needs for rule in CHARACTERS)]


def _by_need(rules: Sequence[Rule]) -> list[tuple[Sequence[str], Sequence[Rule]]]:
    """The rules in their order, those that follow each other and need the same in one group."""
    return [(needs, [*group]) for needs, group in groupby(rules, key=lambda rule: rule.needs)]


BEFORE_SPLIT = _by_need((*MARKUP, *EMOTICONS))
AFTER_SPLIT = _by_need(WORDS)

# A sign takes the space behind it along, which spares most texts a search for double spaces.
_ASCII_SIGNS = [sign for sign in map(chr, range(0x21, 0x7F)) if not sign.isalnum() and sign != "'"]
_SPLIT_IN_ASCII = {sign + behind: f" {sign} " for sign in _ASCII_SIGNS for behind in (" ", "")}


def normalised(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame, in another order, with the column as the rules have it.

    Args:
        frame: Any columns.
        column: Texts with one space at either end.
    """
    text = pl.col(column)

    def by(rules: Sequence[Rule], start: pl.Expr = text) -> Callable[[pl.DataFrame], pl.DataFrame]:
        return lambda rows: rows.with_columns(_replaced(start, rules))

    is_ascii = text.str.len_bytes() == text.str.len_chars()
    frame = _either(
        frame,
        is_ascii
        & ~text.str.contains(_SIGNS_IN_ASCII)
        # Not in one look: each is quick for what it begins with.
        & ~_has_one_of(text, _NEEDED_BESIDE_SIGNS)
        & ~_has_one_of(text, NUMBER_SIGN),
        by([], text.str.to_lowercase()),
        lambda rows: _either(
            rows,
            text.str.contains(_NOT_SO_SIMPLE),
            lambda some: by(_THEN, text.str.replace_many(_TABLE))(_composed(some, column)),
            by(_THEN_IN_LATIN, text.str.replace_many(_TABLE)),
        ),
    )
    for needed, rules in BEFORE_SPLIT:
        frame = _where_needed(frame, text, needed, by(rules))
    frame = _either(
        frame,
        is_ascii & ~_has_one_of(text, GLUE),
        by([], text.str.replace_many(_SPLIT_IN_ASCII, leftmost=True)),
        by(SPLIT),
    )
    for needed, rules in AFTER_SPLIT:
        frame = _where_needed(frame, text, needed, by(rules))
    return frame


def _composed(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """What no rule can do, done in Python; which also looks for those that need it."""
    return frame.with_columns(pl.Series(column, map(composed, frame[column]), dtype=pl.String))


def _where_needed(
    frame: pl.DataFrame,
    text: pl.Expr,
    needed: Sequence[str],
    apply: Callable[[pl.DataFrame], pl.DataFrame],
) -> pl.DataFrame:
    """Something done to the rows whose text has one of the literals; to all if there are none."""
    return _either(frame, _has_one_of(text, needed), apply) if needed else apply(frame)


def _either(
    frame: pl.DataFrame,
    condition: pl.Expr,
    then: Callable[[pl.DataFrame], pl.DataFrame],
    otherwise: Callable[[pl.DataFrame], pl.DataFrame] = lambda rows: rows,
) -> pl.DataFrame:
    """One thing done to the rows of which the condition is true, and another to the others."""
    # Not `when`: both of its branches are computed for every row.
    chosen = frame.select(condition).to_series()
    if not chosen.any():
        return otherwise(frame)
    both = [then(frame.filter(chosen)), otherwise(frame.filter(~chosen))]
    # In one piece, or what comes after would be done to ever more, and ever smaller, pieces.
    return pl.concat(both, rechunk=True)


def _has_one_of(text: pl.Expr, literals: Sequence[str]) -> pl.Expr:
    """By automata that look for three signs at most: for so many there are instructions."""
    few = (literals[at : at + 3] for at in range(0, len(literals), 3))
    found: pl.Expr = pl.any_horizontal(text.str.contains_any([*some]) for some in few)
    return found


def _replaced(text: pl.Expr, rules: Sequence[Rule]) -> pl.Expr:
    for rule in rules:
        if is_literal(rule.pattern):
            # By an automaton: Polars would look for it by `str::find`, which is slow, and for a
            # regular expression instead there is no room among the 32 that it keeps compiled.
            text = text.str.replace_many([rule.pattern], [rule.replacement])
        else:
            replacement = replacement_for(rule, group="${1}")
            text = text.str.replace_all(rule.pattern, replacement)
    return text
