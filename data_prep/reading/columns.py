"""Which of a file's columns are those that the layout names."""

from collections.abc import Sequence

from data_prep.errors import DataPrepError
from data_prep.reading.pieces import SourceFile
from data_prep.reading.shown import as_option

SHOWN = 40
"""Columns in a message."""
LONGEST = 80
"""Characters of a name in a message: a longer one is none."""


def find_columns(
    source: SourceFile, columns: Sequence[str], needed: Sequence[str], *, hint: str = ""
) -> list[int]:
    """Where in a file the columns are that the layout names: exactly, or but for blanks around.

    Columns that nobody asked for may be called as they like, also twice or not at all.

    Args:
        source: The file, for a message.
        columns: Its columns' names.
        needed: Those to find.
        hint: What else may be the matter, if one is missing.

    Raises:
        DataPrepError: one is missing, or there are two of it.
    """
    found, missing, twice = [], [], []
    for name in needed:
        places = [at for at, column in enumerate(columns) if column == name]
        places = places or [
            at for at, column in enumerate(columns) if column.strip() == name.strip()
        ]
        found += places[:1]
        missing += [] if places else [name]
        twice += [name] if len(places) > 1 else []
    if missing:
        raise no_column(source, missing, columns, hint=hint)
    if twice:
        raise DataPrepError(
            f"{source.shown} has two columns called {', '.join(map(as_option, twice))}: "
            "rename one of them"
        )
    return found


def no_column(
    source: SourceFile, missing: Sequence[str], columns: Sequence[str], *, hint: str = ""
) -> DataPrepError:
    """Says which columns there are, so that their names can be pasted into the command."""
    named = [name for name in columns[:SHOWN] if name.strip()]
    there = ", ".join(as_option(n) if len(n) <= LONGEST else f"{n[:LONGEST]!r}…" for n in named)
    more = f" and {len(columns) - SHOWN} more" if len(columns) > SHOWN else ""
    if len(missing) > 1 and (whole := ",".join(missing)) in columns:
        hint = f"A name with a comma is quoted twice: --text {as_option(whole)}"
    return DataPrepError(
        f"{source.shown} has no column {', '.join(map(as_option, missing))}; its columns are: "
        f"{there or '(none)'}{more}" + (f". {hint}" if hint else "")
    )
