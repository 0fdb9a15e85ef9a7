"""A label is a value, whatever its spelling and format; and missing is missing."""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from data_prep.__main__ import main
from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad
from data_prep.reading.labels import LabelMap, canonical, check_labels, names_in, parse_label_map
from tests.unit.data_prep.reading.files import as_csv, bad_of, layout, rows_of, written


@pytest.mark.parametrize(
    "value", ["5", "5.0", "5.00", " 5", "05", "+5", "5.", "5e0", "5.000000000000000000e+00",
              "\xa05\u200b", "__label__5", "__label____label__5.0"],
)  # fmt: skip
def test_one_number_has_one_spelling(value: str) -> None:
    assert canonical(value) == "5"


@pytest.mark.parametrize(
    ("value", "spelling"),
    [("0.50", "0.5"), (".5", "0.5"), ("-0", "0"), ("-1.0", "-1"), ("100", "100"), ("1e2", "100"),
     ("True", "true"), ("FALSE", "false"), ("Truth", "Truth"), ("5,0", "5,0"), ("a b", "a b"),
     ("1e999", "1e999"), ("٥", "٥"), ("", ""), ("POS", "POS")],
)  # fmt: skip
def test_other_values(value: str, spelling: str) -> None:
    assert canonical(value) == spelling


def csv_of(file: Path, labels: list[Any]) -> None:
    written(file.parent, as_csv([(f"t{n}", label) for n, label in enumerate(labels)]), file.name)


def json_of(file: Path, labels: list[Any]) -> None:
    rows = [{"text": f"t{n}", "label": label} for n, label in enumerate(labels)]
    file.write_text(json.dumps(rows, default=float), encoding="utf-8")


def parquet_of(file: Path, labels: list[Any]) -> None:
    texts = [f"t{n}" for n in range(len(labels))]
    pl.DataFrame({"text": texts, "label": pl.Series(labels)}).write_parquet(file)


def workbook_of(file: Path, labels: list[Any]) -> None:
    workbook = openpyxl.Workbook()
    for row in (("text", "label"), *((f"t{n}", label) for n, label in enumerate(labels))):
        workbook.active.append(row)
    with file.open("wb") as output:
        workbook.save(output)


FORMATS = [csv_of, json_of, parquet_of, workbook_of]


@pytest.mark.parametrize("write", FORMATS)
@pytest.mark.parametrize(
    ("labels", "spelled"),
    [
        ([5, 1], ["5", "1"]),
        ([5.0, 1.5], ["5", "1.5"]),
        ([Decimal("5.00"), Decimal("1.50")], ["5", "1.5"]),
        (["5.0", " 1"], ["5", "1"]),
        ([True, False], ["true", "false"]),
        (["True", "FALSE"], ["true", "false"]),
    ],
)
def test_value_is_the_same_in_every_format(
    write: Callable[[Path, list[Any]], None], labels: list[Any], spelled: list[str], tmp_path: Path
) -> None:
    write(tmp_path / "x", labels)
    assert [label for _, label in rows_of(tmp_path / "x")] == spelled


@pytest.mark.parametrize("write", FORMATS)
def test_missing_is_missing_in_every_format(
    write: Callable[[Path, list[Any]], None], tmp_path: Path
) -> None:
    write(tmp_path / "x", [5.0, None, 1.0])
    assert [label or "" for _, label in rows_of(tmp_path / "x")] == ["5", "", "1"]


def test_no_number_in_parquet_is_missing(tmp_path: Path) -> None:
    parquet_of(tmp_path / "x", [5.0, float("nan")])
    assert [label for _, label in rows_of(tmp_path / "x")] == ["5", None]


def test_dictionary_of_parquet_is_its_values(tmp_path: Path) -> None:
    labels = pl.Series(["5.0", "1"], dtype=pl.Categorical)
    pl.DataFrame({"text": ["a", "b"], "label": labels}).write_parquet(tmp_path / "x")
    assert rows_of(tmp_path / "x") == [("a", "5"), ("b", "1")]


@pytest.mark.parametrize("word", ["nan", "NaN", "N/A", "null", "NULL", "None", "<NA>", " NA "])
def test_word_for_a_missing_value_in_a_csv_file_is_counted_as_such(
    word: str, tmp_path: Path
) -> None:
    file = written(tmp_path, as_csv([("a", "x"), ("b", word), (word, "x"), (word, "")]))
    assert rows_of(file) == [("a", "x"), (None, "")]
    assert bad_of(file) == [(Bad.NA_LABEL, 3), (Bad.NA_TEXT, 4)]
    kept = [("a", "x"), ("b", word.strip()), (word, "x"), (word, "")]
    assert rows_of(file, layout(keep_na=True)) == kept


def test_word_for_a_missing_value_counts_where_the_map_names_it(tmp_path: Path) -> None:
    file = written(tmp_path, as_csv([("a", "x"), ("b", "N/A")]))
    wanted = layout(labels=LabelMap({"N/A": "neutral", "x": "good"}))
    assert rows_of(file, wanted) == [("a", "x"), ("b", "N/A")]


def test_word_in_a_format_with_missing_values_of_its_own_is_a_word(tmp_path: Path) -> None:
    json_of(tmp_path / "x", ["nan", "None"])
    assert [label for _, label in rows_of(tmp_path / "x")] == ["nan", "None"]


@pytest.mark.parametrize(
    ("option", "names"),
    [
        ("a,b", ["a", "b"]),
        ('"a, b",c', ["a, b", "c"]),
        ('"5"" screen"', ['5" screen']),
        ('5" screen', ['5" screen']),
        (" a , b", ["a", "b"]),
        ('" a"', [" a"]),
        ("", [""]),
        ("a,", ["a", ""]),
        ('a, "b, c"', ["a", "b, c"]),
        ('"two\nlines",x', ["two\nlines", "x"]),
        ("two\nlines", ["two\nlines"]),
        ("-1", ["-1"]),
    ],
)
def test_every_name_can_be_written_in_an_option(option: str, names: list[str]) -> None:
    assert names_in(option) == names


def test_map_has_values_by_what_they_mean() -> None:
    options = ["5.0,True=good", '"Good, really"=good', "a=b=c", "__label__1=bad", "-1=bad"]
    values = {
        "5": "good",
        "true": "good",
        "Good, really": "good",
        "a=b": "c",
        "1": "bad",
        "-1": "bad",
    }
    assert parse_label_map(options).names == values


def test_value_that_has_two_labels_is_refused_with_the_rule_for_commas() -> None:
    with pytest.raises(DataPrepError, match=r"'5' is mapped to a and to b.*\"4,5\""):
        parse_label_map(["4,5=a", "1,5=b"])


def test_labels_that_are_refused_come_with_options_that_work(tmp_path: Path) -> None:
    with pytest.raises(DataPrepError) as caught:
        check_labels(["so, so", "差评", "__label__", "unsure", "fine"])
    told = str(caught.value)
    for part in ("--map '\"so, so\"=so_so'", "--map 差评=label5", "--map unsure=undecided"):
        assert part in told


def test_value_may_begin_with_a_minus(tmp_path: Path) -> None:
    rows = [(f"{word} {n}", label) for n in range(9) for word, label in (("a", "-1"), ("b", "1.0"))]
    file = written(tmp_path, as_csv(rows))
    options = ["--text", "text", "--label", "label", "--map", "-1=bad", "--map", "1=good"]
    assert main(["prepare", str(file), *options, "--out", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out/dataset.json").read_text(encoding="utf-8"))
    assert manifest["labels"]["train"] == {"bad": 7, "good": 7}


def test_second_header_does_not_count_among_the_bad(tmp_path: Path) -> None:
    rows = [(f"{word} {n}", word) for n in range(9) for word in ("good", "bad")]
    file = written(tmp_path, as_csv(rows) + as_csv([]))
    options = ["--text", "text", "--label", "label", "--max-bad", "0"]
    assert main(["prepare", str(file), *options, "--out", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out/dataset.json").read_text(encoding="utf-8"))
    assert manifest["bad"]["header line again"]["count"] == 1
