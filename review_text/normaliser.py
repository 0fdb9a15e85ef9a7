"""Turns a text into the tokens that a model is trained on, and served with."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from review_text.rules import Rule

# Only Python has strings with lone surrogates, so the shared table cannot name them.
_SURROGATE = re.compile("[\ud800-\udfff]")


class Step(NamedTuple):
    """Something that rules cannot do, done by the same function in every engine."""

    name: str
    """Changes with what the function does."""
    apply: Callable[[str], str]
    """Total for texts without lone surrogates."""


@dataclass(frozen=True, eq=False)
class Normaliser:
    """One version of the rules. What applies them, below, is the same for all versions.

    Nothing is compiled before the first text, so that a version which nobody needs costs nothing.
    """

    rules: tuple[Rule, ...]
    """Applied one after the other, each to the whole text."""
    folding: Mapping[str, str]
    """Capital → small letter, and the like, one character each; applied before the rules."""
    before: tuple[Step, ...] = ()
    """What is done before that, one after the other."""

    @cached_property
    def version(self) -> str:
        """Twelve hexadecimal digits that change with every rule and letter.

        Data sets and models name it as what they were made with. So what is hashed must stay as it
        is, whatever else a rule carries: patterns and replacements, written as they first were.
        """
        rules = ", ".join(
            f"Rule(pattern={rule.pattern!a}, replacement={rule.replacement!a})"
            for rule in self.rules
        )
        definition = f"(({rules}), {sorted(self.folding.items())!a})"
        # Nothing where there is none: versions that had no such steps keep their names.
        definition += "".join(f", {step.name!a}" for step in self.before)
        return hashlib.sha256(definition.encode()).hexdigest()[:12]

    def normalise(self, text: str) -> str:
        """The tokens of `text`, separated by single spaces; empty if there are none.

        Total: lone surrogates and control characters are blanks.
        """
        text = text if text.isascii() else _SURROGATE.sub(" ", text)
        for step in self.before:
            text = step.apply(text)
        text = f" {text.translate(self._translation)} "
        for substitute, replacement in self._substitutions:
            text = substitute(replacement, text)
        return text.strip(" ")

    @cached_property
    def _translation(self) -> dict[int, str]:
        return str.maketrans(dict(self.folding))

    @cached_property
    def _substitutions(self) -> tuple[tuple[Callable[[str, str], str], str], ...]:
        return tuple(
            (re.compile(rule.pattern).sub, replacement_for(rule, group=r"\g<1>"))
            for rule in self.rules
        )


def replacement_for(rule: Rule, *, group: str) -> str:
    r"""A rule's replacement in the syntax of an engine.

    Args:
        rule: A rule of the table.
        group: How the engine writes "group 1": `\g<1>` in Python, `${1}` in Rust, `$1` in Java.
    """
    return re.sub(r"\{([0-9])\}", lambda match: group.replace("1", match[1]), rule.replacement)
