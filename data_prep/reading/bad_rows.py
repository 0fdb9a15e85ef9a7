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
    NOT_UTF8 = "not UTF-8"
    NOT_JSON = "not a JSON object with these columns"
    NO_LABEL = "no label"
    NO_TEXT = "empty text"


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
        if self.total <= rows * most:
            return
        told = []
        for reason in sorted(self.counts):
            first = self.examples[reason][0].example()
            told.append(
                f"{reason}: {self.counts[reason]:,} (e.g. {first['where']}: {first['text'][:60]!r})"
            )
        raise DataPrepError(
            f"{self.total:,} of {rows:,} rows ({self.total / rows:.1%}) cannot be used, and at most"
            f" {most:.1%} may: {'; '.join(told)}. Mend them, check the columns, or allow more with "
            "--max-bad PERCENT"
        )
