"""From the values of a label column to the labels of a BlazingText file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from data_prep.errors import DataPrepError
from data_prep.reading.shown import as_option, as_word, in_list
from tier_layout.labels import UNSURE

# Everything that fastText, JSON and a shell pass on unchanged.
ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]+")
PREFIX = "__label__"
"""How fastText tells a label from a word, in front of it; within a label it would be another."""
SHOWN = 5
MOST_LABELS = 255
"""More are no classes, but a column of something else; they also fit a byte."""
TAKEN = f"the API says {UNSURE} where it will not guess, so no label can be called that"

_UNSEEN = r"[\s\0-\x20\x7f\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+"
_AROUND = re.compile(f"^{_UNSEEN}|{_UNSEEN}$")
_NAME = re.compile(r'\s*"((?:[^"]|"")*)"\s*(?=,|$)|(?!\s*")([^,]*)')
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class LabelMap:
    """What each value of the label column is called; empty: as it is in the file."""

    names: Mapping[str, str]
    """By the canonical spelling of the value."""


def canonical(value: str) -> str:
    """The one spelling of a value of the label column, whatever the format that it comes from.

    A number has no more digits than it needs (`5`, for `5.0`, `05`, `+5` and `5e0`), a truth value
    is `true` or `false`, and nothing that cannot be seen stands around it, nor fastText's prefix.
    """
    value = _AROUND.sub("", value)
    while value.startswith(PREFIX):
        value = _AROUND.sub("", value.removeprefix(PREFIX))
    if _NUMBER.fullmatch(value):
        number = Decimal(value)
        text = f"{number:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return text if number else "0"
    return value.lower() if value.lower() in {"true", "false"} else value


def names_in(option: str) -> list[str]:
    """The names in an option, parted by commas and quoted as in CSV where one stands in a name.

    Blanks around a name do not count, if it is not in quotes.

    Raises:
        ValueError: a quote does not close.
    """
    names = []
    at = 0
    while at <= len(option):
        found = _NAME.match(option, at)
        if found is None:
            raise ValueError("a quote does not close, or something stands behind it")
        quoted, plain = found.groups()
        names.append(plain.strip() if quoted is None else quoted.replace('""', '"'))
        at = found.end() + 1
    return names


def parse_label_map(options: Sequence[str]) -> LabelMap:
    """Reads `--map VALUE[,VALUE…]=LABEL` options, such as `1,2=negative`.

    Raises:
        DataPrepError: one message with every option that cannot be used, and why.
    """
    names: dict[str, str] = {}
    problems = []
    commas = False
    for option in options:
        listed, equals, label = option.rpartition("=")
        label = label.strip()
        try:
            values = [canonical(value) for value in names_in(listed)]
        except ValueError as error:
            problems.append(f"{option!r}: {error}")
            continue
        if not equals or not values or not all(values):
            problems.append(f"{option!r} is not of the form VALUE[,VALUE]=LABEL")
        elif not ACCEPTABLE.fullmatch(label) or PREFIX in label:
            problems.append(f"{option!r}: a label consists of letters, digits, _ and -")
        elif label == UNSURE:
            problems.append(f"{option!r}: {TAKEN}; choose another, such as undecided")
        else:
            for value in values:
                if names.setdefault(value, label) != label:
                    problems.append(f"{value!r} is mapped to {names[value]} and to {label}")
                    commas = commas or len(values) > 1
    if problems:
        hint = """; a value with a comma is quoted: --map '"4,5"=positive'""" if commas else ""
        raise DataPrepError(f"--map: {'; '.join(problems)}. Example: --map 1,2=negative{hint}")
    return LabelMap(names)


def check_labels(labels: Iterable[str]) -> None:
    """Refuses labels that a BlazingText file cannot carry, and the one that is the API's own.

    Raises:
        DataPrepError: a label is more than letters, digits, `_` and `-`, has fastText's prefix in
            it, or is `UNSURE`.
    """
    every = sorted(set(labels))
    problems = []
    refused = [label for label in every if not ACCEPTABLE.fullmatch(label) or PREFIX in label]
    if refused:
        problems.append(
            f"labels consist of letters, digits, _ and -; these do not: {listing(refused)}"
        )
    if UNSURE in every:
        problems.append(TAKEN)
    if problems:
        examples = " ".join(
            f"--map {as_word(f'{in_list(label)}={_suggested(label, number)}')}"
            for number, label in enumerate(every[:SHOWN], start=1)
        )
        raise DataPrepError(
            f"{'. '.join(problems)}. Name every label that is to stay with --map, for example: "
            f"{examples}"
        )


def _suggested(label: str, number: int) -> str:
    """A label that can be used in place of one that cannot."""
    if label == UNSURE:
        return "undecided"
    words = "_".join(re.findall(r"[A-Za-z0-9]+", label))
    return words[:40] if len(words) > len(label) / 2 else f"label{number}"


def check_label_count(labels: Sequence[str]) -> None:
    """Refuses a column with more values than there are classes.

    Raises:
        DataPrepError: there are more than `MOST_LABELS`.
    """
    if len(labels) > MOST_LABELS:
        raise DataPrepError(
            f"the label column has more than {MOST_LABELS} different values: "
            f"{', '.join(map(as_option, labels[:SHOWN]))}… Check --label, or name those that count "
            "with --map"
        )


def listing(values: Iterable[str]) -> str:
    """The first few values, for a message, as they are typed in an option."""
    ordered = sorted(values)
    shown = ", ".join(as_option(value[:80]) for value in ordered[:SHOWN])
    return f"{shown} and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else shown
