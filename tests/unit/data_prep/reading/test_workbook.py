"""Workbooks and nested Parquet: which table of a file is meant, and what is said if none is."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from data_prep.errors import DataPrepError
from tests.unit.data_prep.reading.files import HEADER, ROWS, layout, rows_of


def workbook(file: Path, **sheets: Sequence[Sequence[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(file)
    return file


def test_first_sheet_with_the_columns_is_read(tmp_path: Path) -> None:
    table = [HEADER, *ROWS]
    file = workbook(tmp_path / "x.xlsx", notes=[["hello"]], data=table, copy=table[:4])
    assert rows_of(file) == ROWS
    assert rows_of(file, layout(sheet="copy")) == ROWS[:3]


def test_empty_rows_do_not_matter(tmp_path: Path) -> None:
    file = workbook(tmp_path / "x.xlsx", data=[[], [], HEADER, [], *ROWS, [], [None, ""]])
    assert rows_of(file) == ROWS


def test_sheet_without_a_header_has_the_columns_that_are_named(tmp_path: Path) -> None:
    file = workbook(tmp_path / "x.xlsx", data=ROWS)
    assert rows_of(file, layout(columns=HEADER)) == ROWS


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (layout("words"), "no column words; its columns are: text, label .sheet one of one, two"),
        (layout(sheet="three"), "no sheet three; its sheets are: one, two"),
    ],
)
def test_what_is_missing_is_told_with_what_there_is(wanted: Any, told: str, tmp_path: Path) -> None:
    file = workbook(tmp_path / "x.xlsx", one=[HEADER, *ROWS], two=[["x"]])
    with pytest.raises(DataPrepError, match=told):
        rows_of(file, wanted)


def nested(file: Path) -> Path:
    frame = pl.DataFrame(ROWS, schema=[*HEADER], orient="row")
    within = pl.struct(pl.struct(en=pl.col("text")).alias("words")).alias("review")
    frame.select(within, "label", tags=pl.concat_list("label")).write_parquet(file)
    return file


def test_path_leads_into_a_struct_of_parquet(tmp_path: Path) -> None:
    assert rows_of(nested(tmp_path / "x"), layout("review.words.en")) == ROWS


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("tags", r"column tags of .* has List\(String\)"),
        ("review", r"Name a field of it, such as review\.words"),
        ("review.word", r"its columns are: review\.words\.en, label, tags"),
    ],
)
def test_column_that_is_no_single_value_is_refused(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(DataPrepError, match=told):
        rows_of(nested(tmp_path / "x"), layout(text))
