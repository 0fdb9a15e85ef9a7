"""Which labels a training file can carry, and which one the API needs for itself."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from data_prep.__main__ import main
from data_prep.errors import DataPrepError
from data_prep.reading.labels import check_labels, parse_label_map

ROWS = "text,label\n" + "".join(
    f"{word} film {number},{label}\n"
    for word, label in (("good", "positive"), ("odd", "unsure"), ("bad", "negative"))
    for number in range(20)
)


def prepare(tmp_path: Path, *options: str) -> tuple[int, Path]:
    """The exit code of `prepare`, and where it was to write."""
    source, out = tmp_path / "reviews.csv", tmp_path / "out"
    source.write_text(ROWS, encoding="utf-8")
    arguments = ["prepare", str(source), "--text", "text", "--label", "label", "--out", str(out)]
    return main([*arguments, *options]), out


def test_label_of_the_apis_own_is_refused_with_the_remedy() -> None:
    with pytest.raises(DataPrepError, match=r"the API says unsure .* --map unsure=undecided"):
        check_labels(["positive", "unsure"])


@pytest.mark.parametrize("label", ["Unsure", "unsure_", "not-unsure"])
def test_other_labels_may_resemble_it(label: str) -> None:
    check_labels(["positive", label])


def test_every_label_that_is_refused_is_named_at_once() -> None:
    with pytest.raises(DataPrepError) as caught:
        check_labels(["unsure", "very good"])
    assert "'very good'" in str(caught.value)
    assert "the API says unsure" in str(caught.value)


@pytest.mark.parametrize("options", [["3=unsure"], ["3 = unsure"], ["1=a", "2,3=unsure"]])
def test_no_value_can_be_mapped_to_it(options: Sequence[str]) -> None:
    with pytest.raises(DataPrepError, match=r"--map: .*the API says unsure"):
        parse_label_map(options)


def test_values_called_unsure_can_be_mapped_to_another_label() -> None:
    assert parse_label_map(["unsure=undecided"]).names == {"unsure": "undecided"}


def test_prepare_refuses_it_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out = prepare(tmp_path)

    assert (status, out.exists()) == (2, False)
    assert "--map unsure=" in capsys.readouterr().err


def test_prepare_refuses_to_map_to_it_before_it_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "missing.csv", tmp_path / "out"
    arguments = ["prepare", str(source), "--text", "text", "--label", "label", "--out", str(out)]

    assert main([*arguments, "--map", "3=unsure"]) == 2
    assert "the API says unsure" in capsys.readouterr().err


def test_remedy_works(tmp_path: Path) -> None:
    names = ("unsure=undecided", "positive=positive", "negative=negative")
    status, out = prepare(tmp_path, *(part for name in names for part in ("--map", name)))

    assert status == 0
    assert "__label__undecided " in (out / "train.txt").read_text(encoding="utf-8")
