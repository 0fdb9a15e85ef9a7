"""What a person has to know of files that `prepare` did not write."""

from dataclasses import dataclass

from data_prep.dataset.accept import Accept
from data_prep.dataset.label_lines import LabelLines, Occurrences, shown

MOST_ODD = 0.01
"""The share of a file's lines that may be odd before it is refused; of rows that are bad, `prepare`
allows as many, and of evaluation texts that the model has seen the gate does."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a person has to know of the files."""

    text: str
    """What, where, and what to do about it."""
    accept: Accept | None = None
    """What makes it acceptable; None where nothing does."""
    refused: bool = True
    """Whether it is too much to go on."""


def where(file: LabelLines, found: Occurrences) -> str:
    """File, line and the line's beginning."""
    return f"{file.path}, line {found.line:,} ({shown(found.beginning)})"
