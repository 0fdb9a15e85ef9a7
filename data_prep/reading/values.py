"""A value is a value, not a spelling: which labels are the same, and which cells are missing."""

from collections.abc import Iterable

import polars as pl

from data_prep.reading.bad_rows import Bad, BadRow
from data_prep.reading.labels import canonical
from data_prep.reading.layout import Layout
from data_prep.reading.pieces import LINE, SourceFile

NOT_AVAILABLE = frozenset(
    {"#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>",
     "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}
)  # fmt: skip
"""What pandas takes for a missing value in a file that has no types (`read_csv`, `na_values`)."""
_LONGEST = max(map(len, NOT_AVAILABLE)) + 2
"""Bytes, with blanks around: only cells up to here need a closer look."""


def settled(
    frame: pl.DataFrame, layout: Layout, source: SourceFile, *, typed: bool
) -> tuple[pl.DataFrame, list[BadRow]]:
    """The rows with canonical labels and without what stands for a missing value.

    Args:
        frame: The columns of the layout as text, and `LINE`.
        layout: Which is which.
        source: Where they come from.
        typed: The format has a missing value of its own, so that the text `nan` is a text.

    Returns:
        The rows, and those that are bad because their label or all of their text is missing in one
        of the spellings of `NOT_AVAILABLE`.
    """
    frame = _canonical(frame, layout.label)
    if typed or layout.keep_na:
        return frame, []
    kept_labels = layout.labels.names
    no_label = _not_available(frame[layout.label], kept_labels)
    of_text = [name for name in dict.fromkeys(layout.text) if name != layout.label]
    gone = {name: _not_available(frame[name], ()) for name in of_text}
    if no_label is None and all(mask is None for mask in gone.values()):
        return frame, []
    before = frame
    frame = frame.with_columns(
        pl.when(~mask).then(pl.col(name)).alias(name)
        for name, mask in gone.items()
        if mask is not None
    )
    nothing = pl.repeat(False, len(frame), dtype=pl.Boolean, eager=True)
    no_label = nothing if no_label is None else no_label
    no_text = nothing
    if len(gone) == len(set(layout.text)):
        without = frame.select(
            pl.all_horizontal(pl.col(name).fill_null("").str.strip_chars() == "" for name in gone)
        ).to_series()
        some = nothing
        for mask in gone.values():
            some = some if mask is None else some | mask
        # A row without a label, or with one that is not asked for, is told as that.
        labelled = frame[layout.label].fill_null("") != ""
        if kept_labels:
            labelled &= frame[layout.label].is_in([*kept_labels])
        no_text = without & some & labelled & ~no_label
    if layout.only:
        column, value = layout.only
        counts = (frame[column] == value).fill_null(False)
        no_label, no_text = no_label & counts, no_text & counts
    bad = []
    for reason, mask in ((Bad.NA_LABEL, no_label), (Bad.NA_TEXT, no_text)):
        shown = pl.concat_str(pl.col(of_text or layout.label), separator=" ", ignore_nulls=True)
        rows = before.filter(mask).select(LINE, shown.alias("shown"))
        bad += [BadRow(reason, source.name, line, text) for line, text in rows.iter_rows()]
    return frame.filter(~(no_label | no_text)), bad


def _not_available(column: pl.Series, kept: Iterable[str]) -> pl.Series | None:
    """Which cells stand for a missing value; None if it is none of them, as nearly always."""
    short = column.str.len_bytes() <= _LONGEST
    if not short.any():
        return None
    words = [*NOT_AVAILABLE.difference(kept)]
    stripped = (
        column.to_frame()
        .select(pl.when(short).then(pl.col(column.name).str.strip_chars(" \t\r\n")))
        .to_series()
    )
    found = stripped.is_in(words).fill_null(False)
    return found if found.any() else None


def _canonical(frame: pl.DataFrame, label: str) -> pl.DataFrame:
    values = frame[label].unique().drop_nulls().to_list()
    spelled = {value: canonical(value) for value in values}
    changed = {value: spelling for value, spelling in spelled.items() if value != spelling}
    if not changed:
        return frame
    return frame.with_columns(pl.col(label).replace(changed))
