"""JSON in every form: an object a line, an array, objects in a row, nested ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from data_prep.errors import DataPrepError
from data_prep.reading import json_blocks, json_values
from data_prep.reading.bad_rows import Bad
from tests.unit.data_prep.reading.files import ROWS, bad_of, layout, rows_of, written

OBJECTS: list[dict[str, Any]] = [
    {"text": text, "label": label, "more": [{"a": "]}"}]} for text, label in ROWS
]
LINES = "\n".join(map(json.dumps, OBJECTS))
FORMS = {
    "an object a line": LINES,
    "commas behind the lines": LINES.replace("\n", ",\n") + ",",
    "an array": json.dumps(OBJECTS),
    "an array over several lines": json.dumps(OBJECTS, indent=2),
    "objects over several lines": "\n".join(json.dumps(row, indent=1) for row in OBJECTS),
    "returns for line ends": LINES.replace("\n", "\r"),
    "a byte order mark": f"\ufeff{LINES}",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["x.json", "x.jsonl", "x", "x.csv"])
@pytest.mark.parametrize("size", [16, 2**20])
def test_every_form_is_read_under_any_name(
    form: str, name: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_values, "CHUNK_BYTES", size)
    monkeypatch.setattr(json_blocks, "VALUES_AT_ONCE", size)
    assert rows_of(written(tmp_path, FORMS[form], name)) == ROWS


@pytest.mark.parametrize("form", [LINES, json.dumps(OBJECTS, indent=1)])
def test_file_that_is_cut_off_costs_its_last_row(form: str, tmp_path: Path) -> None:
    file = written(tmp_path, form[: form.rindex('"label": "') + 8], "x.json")
    assert rows_of(file) == ROWS[:-1]
    assert [reason for reason, _ in bad_of(file)] == [Bad.NOT_JSON]


def test_broken_element_of_an_array_is_shown_with_its_line(tmp_path: Path) -> None:
    broken = json.dumps(OBJECTS, indent=1).replace('"good"', '"good" oh', 1)
    with pytest.raises(DataPrepError, match=r"broken JSON in line 4: .* oh"):
        rows_of(written(tmp_path, broken, "x.json"))


@pytest.mark.parametrize("lines", [True, False])
def test_paths_lead_into_objects(lines: bool, tmp_path: Path) -> None:
    rows = [
        {"review": {"words": {"en.gb": text}}, "user": {"mood": n}}
        for n, (text, _) in enumerate(ROWS)
    ]
    content = "\n".join(map(json.dumps, rows)) if lines else json.dumps(rows)
    wanted = layout("review.words.en.gb", "user.mood")
    expected = [(text, str(n)) for n, (text, _) in enumerate(ROWS)]
    assert rows_of(written(tmp_path, content), wanted) == expected


def test_column_that_is_called_like_a_path_wins(tmp_path: Path) -> None:
    rows = [{"a.b": text, "a": {"b": "wrong"}, "label": label} for text, label in ROWS]
    assert rows_of(written(tmp_path, json.dumps(rows)), layout("a.b")) == ROWS


def test_missing_column_is_told_with_those_there_are(tmp_path: Path) -> None:
    rows = [{"review": {"text": text}, "the label": label} for text, label in ROWS]
    with pytest.raises(
        DataPrepError, match=r"no column label, text; .*: review\.text, 'the label'"
    ):
        rows_of(written(tmp_path, json.dumps(rows)))


def test_key_that_one_object_lacks_is_a_missing_value(tmp_path: Path) -> None:
    file = written(tmp_path, LINES + '\n{"text": "x"}\n{"text": null, "label": NaN}')
    assert rows_of(file) == [*ROWS, ("x", None), (None, None)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('{"text": "x", "label": ["a"]}\n' * 5, "column label of .* is a list in every row"),
        ('{"text": {"en": "x"}, "label": "a"}\n' * 5, r"name a field of it, such as text\.en"),
        ("{'text': 'x', 'label': 'a'}\n" * 5, "Python's own notation"),
        (json.dumps({"count": 2, "rows": OBJECTS}), "rows are under the key 'rows'"),
        (json.dumps({"text": {"0": "a"}, "label": {"0": "b"}}), 'orient="records", lines=True'),
        (json.dumps([["text", "label"], *ROWS]), "an array, but not of objects"),
        (json.dumps([text for text, _ in ROWS]), "an array, but not of objects"),
    ],
)
def test_other_forms_are_refused_with_a_remedy(content: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(DataPrepError, match=what):
        rows_of(written(tmp_path, content, "x.json"))


def test_csv_that_is_called_json_is_csv(tmp_path: Path) -> None:
    content = "text,label\n{a},good\n[b],bad\n"
    assert rows_of(written(tmp_path, content, "x.json")) == [("{a}", "good"), ("[b]", "bad")]
