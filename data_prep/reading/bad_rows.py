"""Rows that cannot be used: how many, why, and what a few of them look like."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from data_prep.errors import DataPrepError

MOST_BAD = 0.01
"""The share of rows that may be bad before `prepare` refuses the file."""
EXAMPLES = 3
EXAMPLE_CHARACTERS = 200


class Bad(StrEnum):
    """What is wrong with a row."""

    QUOTING = "broken quoting"
    FIELDS = "wrong number of fields"
    ENCODING = "not in the file's encoding"
    NOT_JSON = "not a JSON object"
    NOT_A_VALUE = "a list or an object in place of a value"
    NO_LABEL = "no label"
    NA_LABEL = "no label but nan, N/A, null or the like (--keep-na keeps it)"
    NO_TEXT = "empty text"
    NA_TEXT = "no text but nan, N/A, null or the like (--keep-na keeps it)"
    HEADER = "header line again"


HARMLESS = frozenset({Bad.HEADER})
"""What is left out and shown, but takes nothing of the data away."""


_REMEDIES = {
    Bad.ENCODING: "--encoding NAME, such as windows-1252, reads a file that is not UTF-8.",
    Bad.QUOTING: "--quoting doubled, backslash or none says how quotes are written.",
    Bad.FIELDS: "--delimiter says what parts the fields; a text with a delimiter in it is quoted.",
}


def _remedies(counts: Iterable[Bad]) -> str:
    return "".join(f" {_REMEDIES[reason]}" for reason in sorted(counts) if reason in _REMEDIES)


@dataclass(frozen=True)
class BadRow:
    """One of them."""

    reason: Bad
    file: str
    line: int
    text: str

    def example(self) -> dict[str, str]:
        """As the manifest shows it; bytes that are not UTF-8 appear as U+FFFD."""
        text = self.text[:EXAMPLE_CHARACTERS].encode(errors="surrogateescape")
        shown = text.decode(errors="replace")
        return {"where": f"{self.file}, line {self.line}", "text": shown}


@dataclass
class BadRows:
    """A count of each reason, and the first examples."""

    counts: dict[Bad, int] = field(default_factory=dict)
    examples: dict[Bad, list[BadRow]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Bad rows of every kind."""
        return sum(self.counts.values())

    def add(self, rows: Iterable[BadRow]) -> None:
        """Counts each row, and keeps the first of each reason."""
        for row in rows:
            self.count(row.reason, 1, [row])

    def count(self, reason: Bad, count: int, rows: Iterable[BadRow]) -> None:
        """Counts rows of which only the first are at hand."""
        if count:
            self.counts[reason] = self.counts.get(reason, 0) + count
            examples = self.examples.setdefault(reason, [])
            examples.extend(list(rows)[: EXAMPLES - len(examples)])

    def as_manifest(self) -> dict[str, Any]:
        """Reason → count and examples."""
        return {
            reason.value: {
                "count": self.counts[reason],
                "examples": [row.example() for row in self.examples[reason]],
            }
            for reason in sorted(self.counts)
        }

    def check(self, *, rows: int, most: float) -> None:
        """Stops if more than `most` (0 to 1) of the rows are bad.

        Raises:
            DataPrepError: with the counts, one example of each reason, and the way out.
        """
        counts = {reason: n for reason, n in self.counts.items() if reason not in HARMLESS}
        total = sum(counts.values())
        if total <= rows * most:
            return
        told = []
        for reason in sorted(counts):
            first = self.examples[reason][0].example()
            told.append(
                f"{reason}: {counts[reason]:,} (e.g. {first['where']}: {first['text'][:60]!r})"
            )
        raise DataPrepError(
            f"{total:,} of {rows:,} rows ({total / rows:.1%}) cannot be used, and at most"
            f" {most:.1%} may: {'; '.join(told)}.{_remedies(counts)} Mend them, check the "
            "columns, or allow more with --max-bad PERCENT"
        )
