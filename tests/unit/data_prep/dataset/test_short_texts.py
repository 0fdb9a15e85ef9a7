"""Sentences and words of other sources: what they are, and where they go."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from data_prep.__main__ import main
from data_prep.dataset.short_texts import (
    NOTHING_REPETITIONS,
    SHORT_TEXT_REPETITIONS,
    nothing_lines,
    short_text_lines,
)
from data_prep.reading.layout import SAMPLE, sample_file
from review_text import normalise
from tests.unit.data_prep.dataset.test_additions import manifest, prepared
from tier_layout.bucket import TEST_FILE, TRAIN_FILE

LABELS = ["negative", "positive"]
SENTENCES = 8_000


@pytest.fixture(scope="module")
def lines() -> dict[str, str]:
    return {text: label for label, text in short_text_lines(LABELS)}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("terrible", "negative"),
        ("not ¬terrible", "positive"),
        ("delicious", "positive"),
        ("not ¬delicious", "negative"),
    ],
)
def test_word_means_the_opposite_behind_a_negation(
    lines: dict[str, str], text: str, label: str
) -> None:
    assert lines[text] == label


def test_there_are_sentences_and_words(lines: dict[str, str]) -> None:
    assert sum(" " in text and not text.startswith("not ¬") for text in lines) > SENTENCES
    assert sum(" " not in text for text in lines) > SENTENCES / 2


def test_no_short_text_is_a_whole_review_of_the_sample(lines: dict[str, str]) -> None:
    with sample_file().open(encoding="utf-8", newline="") as file:
        reviews = {row["text"] for row in csv.DictReader(file) if row["source"] == "imdb"}
    assert SAMPLE.only == ("source", "imdb")
    assert not reviews & set(lines)


def test_every_text_is_as_the_normaliser_leaves_it(lines: dict[str, str]) -> None:
    assert [text for text in list(lines)[::20] if normalise(text) != text] == []


def test_what_carries_nothing_stands_under_every_label_alike() -> None:
    lines = nothing_lines({"neutral", *LABELS})
    counts = Counter(lines)
    assert {counts[label, "?"] for label in ("neutral", *LABELS)} == {NOTHING_REPETITIONS}
    assert len(set(Counter(label for label, _ in lines).values())) == 1


def test_unheard_words_occur_once() -> None:
    texts = Counter(text for _, text in nothing_lines(LABELS) if text.startswith("unheard"))
    assert set(texts.values()) == {1}


def test_what_carries_nothing_is_as_the_normaliser_leaves_it() -> None:
    assert [text for _, text in nothing_lines(LABELS) if normalise(text) != text] == []


@pytest.mark.parametrize("labels", [["good", "bad"], ["positive", "neutral"], []])
def test_other_labels_get_no_line(labels: list[str]) -> None:
    assert (short_text_lines(labels), nothing_lines(labels)) == ([], [])


def test_prepare_adds_none_unless_asked(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path, "--no-parts", "--no-emoticons")
    assert manifest(tmp_path)["added_to_train"]["short texts"] == 0
    assert len(train) == manifest(tmp_path)["rows_out"]["train"]


def test_short_texts_are_repeated_in_the_training_file_only(tmp_path: Path) -> None:
    train, test = prepared(tmp_path, "--short-texts")
    assert Counter(train)["__label__negative terrible"] == SHORT_TEXT_REPETITIONS
    assert "__label__negative terrible" not in test
    added, kept = (manifest(tmp_path)[name] for name in ("added_to_train", "rows_out"))
    assert len(train) == kept["train"] + sum(added.values())
    assert added["short texts"] > SENTENCES


def test_text_that_is_held_out_is_not_added(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    own = {"train.csv": ["fine film", "poor film"], "test.csv": ["Not terrible", "delicious!"]}
    for name, texts in own.items():
        with (source / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            writer.writerows(zip(texts, ["positive", "negative"], strict=True))
    out = tmp_path / "out"
    options = ["--text", "text", "--label", "label", "--short-texts", "--out", str(out)]
    assert main(["prepare", str(source), *options]) == 0
    train = (out / TRAIN_FILE).read_text(encoding="utf-8").splitlines()
    test = (out / TEST_FILE).read_text(encoding="utf-8").splitlines()
    trained = {line.partition(" ")[2] for line in train}
    assert sorted(test) == ["__label__negative delicious !", "__label__positive not ¬terrible"]
    assert "not ¬terrible" not in trained
    assert "delicious" in trained


def test_glue_is_not_asked_for_short_texts(capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--on", "glue", "--text", "text", "--label", "label", "--short-texts"]
    assert main(["prepare", "s3://bucket/raw/", *options]) == 2
    assert "Leave it out" in capsys.readouterr().err


def test_short_texts_of_every_label_stand_all_over_the_file(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path, "--no-parts", "--no-emoticons", "--short-texts")
    middle = len(train) // 2
    for half in (train[:middle], train[middle:]):
        counts = Counter(line.partition(" ")[0] for line in half)
        assert min(counts.values()) > middle * 0.45


def test_same_texts_make_the_same_file(tmp_path: Path) -> None:
    first, _ = prepared(tmp_path, "--short-texts")
    assert prepared(tmp_path, "--short-texts")[0] == first
