"""How a CSV file is written: what parts its fields, and how quotes stand in them."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data_prep.reading.layout import Quoting


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """How records are told apart, and their fields."""

    delimiter: str = ","
    quoting: Quoting = Quoting.DOUBLED
    skip_blanks: bool = False
    """Blanks behind a delimiter do not count, not even before a quote."""
    comment: str | None = None
    least: int = 1
    """Fields that a record has at least: those that have a name."""
    most: int = 1
    """Fields that a record has at most, but for empty ones behind them."""

    def with_columns(self, names: Sequence[str]) -> "Dialect":
        """The dialect of a file with these columns.

        Of those without a name only the ones count that have a named one behind them.
        """
        named = [at for at, name in enumerate(names, start=1) if name.strip()]
        return replace(self, least=named[-1] if named else 1, most=max(len(names), 1))

    def fits(self, record: Sequence[str]) -> bool:
        """Whether it has as many fields as the header line says."""
        return len(record) >= self.least and not any(record[self.most :])

    def is_blank(self, line: str) -> bool:
        """Whether there is nothing in a line but delimiters, or a comment."""
        if self.comment and line.startswith(self.comment):
            return True
        line = line.strip("\r\n\x1a")
        return not line.strip(" ") or not line.strip(self.delimiter)

    def records(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Python's parser, for lines that end with their line feeds.

        Raises:
            csv.Error: in the middle, the quoting is broken.
        """
        if self.quoting is Quoting.BACKSLASH:
            lines = map(self._with_backslashes_for_python, lines)
        return csv.reader(
            lines,
            delimiter=self.delimiter,
            quoting=csv.QUOTE_NONE if self.quoting is Quoting.NONE else csv.QUOTE_MINIMAL,
            escapechar="\\" if self.quoting is Quoting.BACKSLASH else None,
            skipinitialspace=self.skip_blanks,
            strict=True,
        )

    def _with_backslashes_for_python(self, line: str) -> str:
        """A backslash that escapes nothing is doubled: Python would take it away."""
        special = f'"\\{self.delimiter}\n'
        return re.sub(
            r"\\(.)",
            lambda found: found[0] if found[1] in special else f"\\\\{found[1]}",
            line,
            flags=re.DOTALL,
        )
