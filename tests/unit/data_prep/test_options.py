"""The options of `prepare`: found without the docs, and able to name everything."""

from pathlib import Path

import pytest

from data_prep.__main__ import main
from data_prep.command_words import with_values_joined
from data_prep.reading.layout import Layout, Quoting
from data_prep.request import Request
from tests.unit.data_prep.reading.files import as_csv, written


def test_help_shows_what_a_newcomer_looks_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["prepare", "--help"])
    told = capsys.readouterr().out
    for part in ("--delimiter", "--encoding", "--map 4,5=positive", "any language", "examples:",
                 "--keep-na", "--sheet", "--map -1=negative", "'\"Review, in full\"'"):  # fmt: skip
        assert part in told


@pytest.mark.parametrize(
    ("words", "joined"),
    [
        (["--map", "-1=bad", "--map", "1=good"], ["--map=-1=bad", "--map", "1=good"]),
        (["--label", "-x"], ["--label=-x"]),
        (["--label", "--text", "x"], ["--label", "--text", "x"]),
        (["--balance", "-h"], ["--balance", "-h"]),
        (["--map=-1=bad"], ["--map=-1=bad"]),
    ],
)
def test_value_that_begins_with_a_minus_is_a_value(words: list[str], joined: list[str]) -> None:
    assert with_values_joined(words) == joined


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--delimiter", "xx", "is not one ASCII character"),
        ("--delimiter", "é", "is not one ASCII character"),
        ("--delimiter", '"', "is not one ASCII character"),
        ("--encoding", "latin-17", "there is no encoding"),
    ],
)
def test_value_that_cannot_be_used_is_refused(
    option: str, value: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["prepare", "x.csv", option, value])
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("delimiter", ["tab", "\\t", "\t"])
def test_tab_can_be_written_in_words(delimiter: str, tmp_path: Path) -> None:
    rows = [(f"{word}; {n}", word) for n in range(9) for word in ("good", "bad")]
    file = written(tmp_path, as_csv(rows, delimiter="\t"))
    options = ["--text", "text", "--label", "label", "--delimiter", delimiter]
    assert main(["prepare", str(file), *options, "--out", str(tmp_path / "out")]) == 0


def test_option_with_an_open_quote_is_refused_with_the_rule(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["prepare", "x.csv", "--text", '"a', "--label", "b"]) == 2
    assert "quoted as in a CSV file" in capsys.readouterr().err


def test_request_reaches_a_job_as_it_is() -> None:
    layout = Layout(
        text=("a",), label="b", delimiter=";", quoting=Quoting.NONE, comment="#",
        encoding="cp1252", sheet="x", keep_na=True, columns=("a", "b"),
    )  # fmt: skip
    request = Request(layout=layout, command="prepare")
    assert Request.from_json(request.to_json()) == request
