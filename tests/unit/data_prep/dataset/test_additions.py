"""What `prepare` adds to the training file, and what not."""

import csv
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from data_prep.__main__ import main
from data_prep.dataset.additions import MOST_TEXTS_IN_PARTS, Additions
from data_prep.dataset.build import is_current
from data_prep.dataset.emoticons import EMOTICON_REPETITIONS
from review_text.parts import training_parts
from tier_layout.bucket import MANIFEST_FILE, TEST_FILE, TRAIN_FILE

LONG = " ".join(f"word{number}" for number in range(100))


def prepared(tmp_path: Path, *options: str, good: str = "positive") -> tuple[list[str], list[str]]:
    """The lines of train.txt and test.txt of forty long texts."""
    source = tmp_path / "reviews.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for number in range(20):
            writer.writerow([f"good{number} {LONG}", good])
            writer.writerow([f"bad{number} {LONG}", "negative"])
    arguments = ["--text", "text", "--label", "label", "--out", str(tmp_path / "out")]
    assert main(["prepare", str(source), *arguments, *options]) == 0
    return tuple(  # type: ignore[return-value]
        (tmp_path / "out" / name).read_text(encoding="utf-8").splitlines()
        for name in (TRAIN_FILE, TEST_FILE)
    )


def manifest(tmp_path: Path) -> Any:
    return json.loads((tmp_path / "out" / MANIFEST_FILE).read_text(encoding="utf-8"))


def test_training_text_is_followed_by_its_parts_under_its_label(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path, "--no-emoticons")
    label, _, text = train[0].partition(" ")
    assert train[:7] == [f"{label} {part}" for part in training_parts(text)]


def test_test_file_holds_whole_texts_only(tmp_path: Path) -> None:
    _, test = prepared(tmp_path)
    assert [len(line.split(" ")) for line in test] == [102] * 4


def test_emoticons_are_repeated_in_the_training_file_only(tmp_path: Path) -> None:
    train, test = prepared(tmp_path, "--no-parts")
    assert Counter(train)["__label__positive :)"] == EMOTICON_REPETITIONS
    assert "__label__positive :)" not in test


def test_labels_of_ones_own_get_no_emoticons(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path, "--no-parts", good="great")
    assert len(train) == 32


def test_both_can_be_left_out(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path, "--no-parts", "--no-emoticons")
    assert len(train) == 32


def test_manifest_tells_texts_from_added_lines(tmp_path: Path) -> None:
    train, _ = prepared(tmp_path)
    account = manifest(tmp_path)
    added = account["added_to_train"]
    assert account["rows_out"]["train"] == 32
    assert added["parts of texts"] == 32 * 6
    assert len(train) == 32 + sum(added.values())


@pytest.mark.parametrize(
    ("texts", "in_parts"), [(MOST_TEXTS_IN_PARTS, True), (MOST_TEXTS_IN_PARTS + 1, False)]
)
def test_large_data_sets_stay_whole(texts: int, in_parts: bool) -> None:
    assert Additions().in_parts(texts) is in_parts


def test_dataset_of_this_version_is_current(tmp_path: Path) -> None:
    prepared(tmp_path)
    assert is_current(tmp_path / "out")


def test_dataset_of_another_normaliser_is_not_current(tmp_path: Path) -> None:
    prepared(tmp_path)
    file = tmp_path / "out" / MANIFEST_FILE
    file.write_text(json.dumps(manifest(tmp_path) | {"normaliser_version": "older"}))
    assert not is_current(tmp_path / "out")


def test_directory_without_a_manifest_is_not_current(tmp_path: Path) -> None:
    assert not is_current(tmp_path)
