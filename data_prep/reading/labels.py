"""From the values of a label column to the labels of a BlazingText file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from data_prep.errors import DataPrepError
from tier_layout.labels import UNSURE

# Everything that fastText, JSON and a shell pass on unchanged.
ACCEPTABLE = re.compile(r"[A-Za-z0-9_-]+")
SHOWN = 5
MOST_LABELS = 255
"""More are no classes, but a column of something else; they also fit a byte."""
TAKEN = f"the API says {UNSURE} where it will not guess, so no label can be called that"


@dataclass(frozen=True)
class LabelMap:
    """What each value of the label column is called; empty: as it is in the file."""

    names: Mapping[str, str]


def parse_label_map(options: Sequence[str]) -> LabelMap:
    """Reads `--map VALUE[,VALUE…]=LABEL` options, such as `1,2=negative`.

    Raises:
        DataPrepError: one message with every option that cannot be used, and why.
    """
    names: dict[str, str] = {}
    problems = []
    for option in options:
        values, equals, label = (part.strip() for part in option.rpartition("="))
        if not equals or not all(value.strip() for value in values.split(",")):
            problems.append(f"{option!r} is not of the form VALUE[,VALUE]=LABEL")
        elif not ACCEPTABLE.fullmatch(label):
            problems.append(f"{option!r}: a label consists of letters, digits, _ and -")
        elif label == UNSURE:
            problems.append(f"{option!r}: {TAKEN}; choose another, such as undecided")
        else:
            for value in map(str.strip, values.split(",")):
                if names.setdefault(value, label) != label:
                    problems.append(f"{value!r} is mapped to {names[value]} and to {label}")
    if problems:
        raise DataPrepError("--map: " + "; ".join(problems) + ". Example: --map 1,2=negative")
    return LabelMap(names)


def check_labels(labels: Iterable[str]) -> None:
    """Refuses labels that a BlazingText file cannot carry, and the one that is the API's own.

    Raises:
        DataPrepError: a label is more than letters, digits, `_` and `-`, or is `UNSURE`.
    """
    every = set(labels)
    problems = []
    if refused := [label for label in every if not ACCEPTABLE.fullmatch(label)]:
        problems.append(
            f"labels consist of letters, digits, _ and -; these do not: {listing(refused)}. "
            "Name them with --map, for example: --map 'very good=positive'"
        )
    if UNSURE in every:
        problems.append(
            f"{TAKEN}. Rename it with --map, and name the other labels too, for example: "
            f"--map {UNSURE}=undecided --map positive=positive"
        )
    if problems:
        raise DataPrepError(". ".join(problems))


def check_label_count(labels: Sequence[str]) -> None:
    """Refuses a column with more values than there are classes.

    Raises:
        DataPrepError: there are more than `MOST_LABELS`.
    """
    if len(labels) > MOST_LABELS:
        raise DataPrepError(
            f"the label column has more than {MOST_LABELS} different values: "
            f"{', '.join(labels[:SHOWN])}… Check --label, or name them with --map"
        )


def listing(values: Iterable[str]) -> str:
    """The first few values, for a message."""
    ordered = sorted(values)
    shown = ", ".join(repr(value[:40]) for value in ordered[:SHOWN])
    return f"{shown} and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else shown
