"""CloudWatch Logs' filter patterns: for text, and for JSON.

Source: CloudWatch Logs user guide, "Filter pattern syntax". Patterns for text that is delimited by
spaces (`[ip, user, ...]`) are refused: nothing here logs such lines.
"""

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

Matcher = Callable[[str], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|%([^%]+)%|(\S+))')
_TOKEN = re.compile(
    r"\s*(?:(?P<path>\$(?:\.[\w-]+|\[\d+\]|\[\"[^\"]+\"\])*)|(?P<join>&&|\|\|)|(?P<paren>[()])"
    r"|(?P<compare>!=|>=|<=|=|>|<)|(?P<state>IS\s+NULL|IS\s+TRUE|IS\s+FALSE|NOT\s+EXISTS)"
    r"|\"(?P<text>(?:[^\"\\]|\\.)*)\"|(?P<word>[^\s()&|=!<>\"]+))",
    re.IGNORECASE,
)
_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\[\"([^\"]+)\"\]")
_MISSING = object()


def compile_pattern(pattern: str) -> Matcher:
    """A pattern as a function of a message.

    Raises:
        ValueError: it is no pattern, or one of a kind that is not offered here; says which.
    """
    text = pattern.strip()
    if text.startswith("{"):
        return _compile_json(text)
    if text.startswith("["):
        raise ValueError("patterns for space-delimited text are not offered by the embedded AWS")
    return _compile_terms(text)


def _compile_terms(text: str) -> Matcher:
    """All plain terms, none with a minus, any of those with a question mark; case matters.

    Terms with a question mark have no effect beside others (user guide).
    """
    wanted: list[Matcher] = []
    optional: list[Matcher] = []
    for sign, phrase, expression, word in _TERM.findall(text):
        found = _regular(expression) if expression else _contains(_unescaped(phrase) or word)
        if sign == "?":
            optional.append(found)
        else:
            wanted.append(_negated(found) if sign == "-" else found)
    if wanted:
        return lambda message: all(matches(message) for matches in wanted)
    if optional:
        return lambda message: any(matches(message) for matches in optional)
    return lambda message: True


def _contains(term: str) -> Matcher:
    return lambda message: term in message


def _regular(expression: str) -> Matcher:
    try:
        compiled = re.compile(expression)
    except re.error as error:
        raise ValueError(f"{expression!r} is no regular expression: {error}") from None
    return lambda message: compiled.search(message) is not None


def _negated(matches: Matcher) -> Matcher:
    return lambda message: not matches(message)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _compile_json(text: str) -> Matcher:
    if not text.endswith("}"):
        raise ValueError("a JSON pattern ends with }")
    tokens = _tokens(text[1:-1])
    condition = _Parser(tokens).whole()

    def matches(message: str) -> bool:
        try:
            event = json.loads(message)
        except ValueError:
            return False
        return condition(event)

    return matches


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while text[position:].strip():
        found = _TOKEN.match(text, position)
        if found is None:
            raise ValueError(f"{text[position:].strip()!r} is not understood")
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        position = found.end()
    return tokens


class _Parser:
    """Conditions joined by && and ||, of which && binds closer."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens

    def whole(self) -> Callable[[Any], bool]:
        condition = self._any()
        if self._tokens:
            raise ValueError(f"{self._tokens[0][1]!r} is not expected")
        return condition

    def _any(self) -> Callable[[Any], bool]:
        parts = [self._all()]
        while self._take("join", "||"):
            parts.append(self._all())
        return lambda event: any(part(event) for part in parts)

    def _all(self) -> Callable[[Any], bool]:
        parts = [self._one()]
        while self._take("join", "&&"):
            parts.append(self._one())
        return lambda event: all(part(event) for part in parts)

    def _one(self) -> Callable[[Any], bool]:
        if self._take("paren", "("):
            inner = self._any()
            if not self._take("paren", ")"):
                raise ValueError("a ) is missing")
            return inner
        path = self._next("path", "a property such as $.level")
        if self._tokens and self._tokens[0][0] == "state":
            return _state(path, self._tokens.pop(0)[1].upper().split())
        operator = self._next("compare", "a comparison")
        if not self._tokens or self._tokens[0][0] not in ("text", "word"):
            raise ValueError(f"{path} is compared with nothing")
        kind, value = self._tokens.pop(0)
        return _comparison(path, operator, _unescaped(value), is_number=kind == "word")

    def _take(self, kind: str, text: str) -> bool:
        if self._tokens and self._tokens[0] == (kind, text):
            self._tokens.pop(0)
            return True
        return False

    def _next(self, kind: str, what: str) -> str:
        if not self._tokens or self._tokens[0][0] != kind:
            raise ValueError(f"{what} is expected")
        return self._tokens.pop(0)[1]


def _value(event: Any, path: str) -> Any:
    for name, index, quoted in _STEP.findall(path):
        if index:
            is_there = isinstance(event, list) and int(index) < len(event)
            event = event[int(index)] if is_there else _MISSING
        else:
            event = event.get(name or quoted, _MISSING) if isinstance(event, dict) else _MISSING
    return event


def _state(path: str, words: list[str]) -> Callable[[Any], bool]:
    if words[0] == "NOT":
        return lambda event: _value(event, path) is _MISSING
    wanted = {"NULL": None, "TRUE": True, "FALSE": False}[words[1]]
    return lambda event: _value(event, path) is wanted


def _comparison(path: str, operator: str, wanted: str, *, is_number: bool) -> Callable[[Any], bool]:
    number = _number(wanted) if is_number else None

    def equal(found: Any) -> bool:
        if number is not None and _number(found) is not None:
            return _number(found) == number
        return isinstance(found, str) and fnmatchcase(found, wanted.replace("[", "[[]"))

    def compare(event: Any) -> bool:
        found = _value(event, path)
        if operator == "=":
            return equal(found)
        if operator == "!=":
            return found is not _MISSING and not equal(found)
        have = _number(found)
        if have is None or number is None:
            return False
        return {
            ">": have > number,
            ">=": have >= number,
            "<": have < number,
            "<=": have <= number,
        }[operator]

    return compare


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None
