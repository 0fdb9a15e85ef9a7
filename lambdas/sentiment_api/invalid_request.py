"""Says what is wrong with a request, without repeating any of its texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lambdas.sentiment_api.limits import MAX_REPORTED_ERRORS, MAX_TEXT_CHARACTERS, MAX_TEXTS
from lambdas.sentiment_api.models import NO_WORDS, ProblemItem
from lambdas.sentiment_api.problems import Problem, ProblemKind

ValidationErrorItem = Mapping[str, Any]
"""One entry of pydantic's `ValidationError.errors()`: `type`, `loc`, `input`, `ctx`…"""

_JSON_KINDS: dict[type, str] = {
    bool: "a boolean",
    dict: "an object",
    float: "a number",
    int: "a number",
    list: "a list",
    str: "a string",
    type(None): "null",
}


def invalid_request(errors: Sequence[ValidationErrorItem]) -> Problem:
    """The 422 that lists every problem, up to `MAX_REPORTED_ERRORS`.

    Args:
        errors: What pydantic found; at least one. Each `loc` starts with `"body"`.
    """
    items = [
        ProblemItem(pointer=_pointer(error["loc"][1:]), detail=_sentence(error))
        for error in errors[:MAX_REPORTED_ERRORS]
    ]
    more = len(errors) - 1
    detail = items[0].detail
    if more:
        detail += f" There {'is 1 more problem' if more == 1 else f'are {more} more problems'}."
    return Problem(kind=ProblemKind.INVALID_REQUEST, detail=detail, errors=items)


def _pointer(location: Sequence[str | int]) -> str:
    """A JSON Pointer (RFC 6901), which writes ~ as ~0 and / as ~1."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in location)
    return "".join(f"/{step}" for step in steps)


def _sentence(error: ValidationErrorItem) -> str:
    match error["loc"]:
        case ("body", "instances", int(index), *_):
            return f"instances[{index}] {_fault(error)}"
        case ("body", "instances"):
            return f"`instances` {_fault(error)}"
        case ("body", _, *_):
            # The member's name is the caller's own text: only the pointer repeats it.
            return f"A member of the body {_fault(error)}"
        case _:
            return f"The body {_fault(error)}"


def _fault(error: ValidationErrorItem) -> str:
    """What is wrong, as the rest of a sentence. pydantic's own messages and inputs stay here."""
    if error["type"] in ("nul_character", NO_WORDS):
        return str(error["msg"])
    describe = _FAULTS.get(error["type"])
    return describe(error) if describe else "is not valid. GET /openapi.json describes a request."


_FAULTS: dict[str, Callable[[ValidationErrorItem], str]] = {
    "missing": lambda _: 'is missing. Send {"instances": ["a text", ...]}.',
    "list_type": lambda error: f"is {_kind(error)}. It must be a list of texts.",
    "too_short": lambda _: f"is empty. Send 1 to {MAX_TEXTS} texts.",
    "too_long": lambda error: (
        f"has {len(error['input'])} texts. Send at most {MAX_TEXTS} a request."
    ),
    "string_type": lambda error: f"is {_kind(error)}. It must be a string.",
    "string_too_short": lambda _: "is empty. Send at least one word.",
    "string_too_long": lambda error: (
        f"has {len(error['input'])} characters. Send at most {MAX_TEXT_CHARACTERS} a text."
    ),
    "string_unicode": lambda _: "contains a lone surrogate, which is no character. Remove it.",
    "extra_forbidden": lambda _: "is not known. The only one is `instances`.",
}


def _kind(error: ValidationErrorItem) -> str:
    return _JSON_KINDS.get(type(error["input"]), "something else")
