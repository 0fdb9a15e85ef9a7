"""How a CSV file is written is found by looking; and what is wrong with one is said."""

from pathlib import Path

import pytest

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad
from data_prep.reading.layout import Quoting
from tests.unit.data_prep.reading.files import ROWS, as_csv, bad_of, layout, rows_of, written

QUOTED = [
    ('They call it "home", and so do I', "good"),
    ("\\o/ at C:\\ or not", "bad"),
    ("a;b|c,d", "good"),
]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("rows", [ROWS, QUOTED])
def test_delimiter_is_found(delimiter: str, rows: list[tuple[str, str]], tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, as_csv(rows, delimiter=delimiter))) == rows


@pytest.mark.parametrize("delimiter", ["~", "^", ":", "\1", "]", "-"])
def test_any_other_delimiter_can_be_said(delimiter: str, tmp_path: Path) -> None:
    file = written(tmp_path, as_csv(QUOTED, delimiter=delimiter))
    assert rows_of(file, layout(delimiter=delimiter)) == QUOTED
    with pytest.raises(DataPrepError, match="--delimiter CHARACTER"):
        rows_of(file)


@pytest.mark.parametrize(
    "before", ["sep=;\r\n", '"sep=;"\n', "\n\r\n \n", "\ufeff\n", "\ufeffsep=;\n"]
)
def test_what_stands_before_the_header_is_left_out(before: str, tmp_path: Path) -> None:
    assert rows_of(written(tmp_path, before + as_csv(delimiter=";"))) == ROWS


def test_comment_lines_are_left_out_if_it_is_said_how_they_begin(tmp_path: Path) -> None:
    lines = as_csv().splitlines(keepends=True)
    content = "# of the shop\n" + "".join([*lines[:3], "# more, of it\n", *lines[3:], "# end"])
    file = written(tmp_path, content)
    assert rows_of(file, layout(comment="#")) == ROWS
    assert bad_of(file, layout(comment="#")) == []
    with pytest.raises(DataPrepError, match="If that line is a comment: --comment '#'"):
        rows_of(file)


def test_line_of_a_text_that_begins_as_a_comment_is_text(tmp_path: Path) -> None:
    rows = [("one\n# two\nthree", "good"), ("four", "bad")]
    assert rows_of(written(tmp_path, as_csv(rows)), layout(comment="#")) == rows


@pytest.mark.parametrize("given", ["text", " text", "text "])
def test_blanks_around_names_do_not_matter(given: str, tmp_path: Path) -> None:
    file = written(tmp_path, as_csv(header=(" text", " label ")))
    assert rows_of(file, layout(given)) == ROWS


def test_exact_name_is_preferred(tmp_path: Path) -> None:
    rows = [("x", *row) for row in ROWS]
    file = written(tmp_path, as_csv(rows, header=("text ", "text", "label")))
    assert rows_of(file) == ROWS


def test_blanks_before_quotes_do_not_matter(tmp_path: Path) -> None:
    lines = "".join(f'"{text}", "{label}"\n' for text, label in ROWS)
    assert rows_of(written(tmp_path, "text, label\n" + lines)) == ROWS


def test_blank_and_quote_within_a_text_stay(tmp_path: Path) -> None:
    rows = [('he said, "no", and, "yes"', "good"), (' "so"', "bad"), (' "', ", "), (" x", "y")]
    found = rows_of(written(tmp_path, as_csv(rows)))
    assert [text for text, _ in found] == [text for text, _ in rows]


@pytest.mark.parametrize("quoting", [0, 1])
def test_quotes_behind_backslashes_are_found(quoting: int, tmp_path: Path) -> None:
    content = as_csv(QUOTED, quoting=quoting, doublequote=False, escapechar="\\")
    assert rows_of(written(tmp_path, content)) == QUOTED


def test_bare_quote_behind_a_backslash_shows_what_backslashes_are(tmp_path: Path) -> None:
    rows = [("plain", "good"), ('a 5" screen', "so, so")]
    content = as_csv(rows, doublequote=False, escapechar="\\", lineterminator="\r\n")
    assert rows_of(written(tmp_path, content)) == rows


def test_backslashes_of_a_text_stay(tmp_path: Path) -> None:
    rows = [("C:\\", "good"), ('a\\" b', "bad"), ("a\\nb\\\\c", "good"), ("it\\, so", "bad")]
    assert rows_of(written(tmp_path, as_csv(rows))) == rows


def test_quotes_that_never_close_are_letters_where_nothing_is_quoted(tmp_path: Path) -> None:
    rows = [(f'"{text}' if n % 2 else text, label) for n, (text, label) in enumerate(ROWS)]
    lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows)]
    file = written(tmp_path, "\n".join(lines))
    assert rows_of(file) == rows
    assert bad_of(file) == []


def test_quoting_that_is_said_is_not_looked_for(tmp_path: Path) -> None:
    file = written(tmp_path, 'text,label\n"all",good\n"of",bad\n')
    none = layout(quoting=Quoting.NONE)
    assert rows_of(file, none) == [('"all"', "good"), ('"of"', "bad")]


def test_one_broken_quote_among_quoted_texts_costs_its_row(tmp_path: Path) -> None:
    content = as_csv(quoting=1) + 'no opening",good\n"no" closing",bad\n'
    assert bad_of(written(tmp_path, content)) == [(Bad.QUOTING, len(ROWS) + 3)]
    assert rows_of(written(tmp_path, content))[:-1] == ROWS


@pytest.mark.parametrize("extra", [("", ""), ("day", "day"), ("", "note"), ("text ", "Text")])
def test_names_that_nobody_asked_for_may_be_anything(
    extra: tuple[str, str], tmp_path: Path
) -> None:
    rows = [(*row, "x", "y") for row in ROWS]
    assert rows_of(written(tmp_path, as_csv(rows, header=("text", "label", *extra)))) == ROWS


@pytest.mark.parametrize(
    ("header", "row"), [(",,", ""), ("", ",,,"), (",", ",,"), (",,note", ",,")]
)
def test_empty_columns_at_the_end_do_not_matter(header: str, row: str, tmp_path: Path) -> None:
    lines = [f'"{text}",{label}{row}\n' for text, label in ROWS]
    assert rows_of(written(tmp_path, f"text,label{header}\n{''.join(lines)}")) == ROWS


def test_lines_of_delimiters_and_the_mark_of_dos_are_nothing(tmp_path: Path) -> None:
    file = written(tmp_path, as_csv() + ",\n\n,\r\n  \n\x1a")
    assert (rows_of(file), bad_of(file)) == (ROWS, [])


def test_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    rows = [(*row, "x") for row in ROWS]
    with pytest.raises(DataPrepError, match="two columns called label"):
        rows_of(written(tmp_path, as_csv(rows, header=("text", "label", "label"))))


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("".join(f"{text},{label}\n" for text, label in ROWS), "put it in quotes"),
        ("".join(f"'{text}',{label}\n" for text, label in ROWS), "Single quotes do not quote"),
        ("one\n" * 5, "Take the names away"),
    ],
)
def test_wrong_number_of_fields_in_every_row_is_said(
    content: str, remedy: str, tmp_path: Path
) -> None:
    with pytest.raises(
        DataPrepError, match=r"wrong number of fields in .* every row has"
    ) as caught:
        rows_of(written(tmp_path, "text,label\n" + content))
    assert remedy in str(caught.value)


def test_header_of_a_second_file_is_told_and_left_out(tmp_path: Path) -> None:
    file = written(tmp_path, as_csv() + "\ufeff" + as_csv())
    assert rows_of(file) == ROWS * 2
    assert bad_of(file) == [(Bad.HEADER, len(ROWS) + 2)]


def test_header_over_two_lines_is_one(tmp_path: Path) -> None:
    file = written(tmp_path, as_csv(header=("Your\nreview", "label")))
    assert rows_of(file, layout("Your\nreview")) == ROWS


def test_file_without_a_header_has_the_columns_that_are_named(tmp_path: Path) -> None:
    file = written(tmp_path, as_csv(delimiter=";").partition("\n")[2])
    assert rows_of(file, layout(columns=("text", "label"))) == ROWS
    with pytest.raises(DataPrepError, match="name the columns with --columns"):
        rows_of(file)


def test_quotes_around_commas_are_never_taken_for_letters(tmp_path: Path) -> None:
    rows = "".join(f'"{text}",{label}\n' for text, label in ROWS)
    with pytest.raises(DataPrepError, match="every row has 2, but there are 3 names"):
        rows_of(written(tmp_path, "text,label,note\n" + rows))
