"""What five folds say of few texts."""

from pathlib import Path

import pytest

from data_prep.__main__ import main
from data_prep.dataset.additions import Additions
from data_prep.estimate import (
    BLAZINGTEXT,
    FOLDS,
    LOGISTIC_REGRESSION,
    Estimate,
    estimates,
    in_words,
)

PLAIN = Additions(parts=False, emoticons=False)
TOLD_APART = [
    f"__label__{label} a {word} room number {n}"
    for n in range(40)
    for label, word in (("good", "calm"), ("bad", "loud"))
]


def estimate(right: str, algorithm: str = BLAZINGTEXT) -> Estimate:
    return Estimate(algorithm=algorithm, right=[each == "+" for each in right])


@pytest.fixture(scope="module")
def told() -> list[int]:
    """What is told of each fold."""
    return []


@pytest.fixture(scope="module")
def found(told: list[int]) -> list[Estimate]:
    return estimates(TOLD_APART, PLAIN, progress=told.append)


def test_every_algorithm_is_asked_of_every_text(found: list[Estimate]) -> None:
    assert [(one.algorithm, len(one.right)) for one in found] == [
        (BLAZINGTEXT, 80),
        (LOGISTIC_REGRESSION, 80),
    ]


def test_texts_that_a_word_tells_apart_are_told_apart(found: list[Estimate]) -> None:
    assert [one.accuracy for one in found] == [1.0, 1.0]


def test_each_fold_is_told(found: list[Estimate], told: list[int]) -> None:
    assert told == [1] * FOLDS * len(found)


def test_texts_whose_labels_mean_nothing_are_not() -> None:
    lines = [f"__label__{'good' if n % 7 < 3 else 'bad'} room number {n}" for n in range(70)]
    assert all(one.accuracy < 0.75 for one in estimates(lines, PLAIN))


def test_same_texts_get_the_same_estimate(found: list[Estimate]) -> None:
    assert estimates(TOLD_APART, PLAIN) == found


@pytest.mark.parametrize(
    "lines",
    [
        ["__label__good calm", "__label__bad loud"],
        [*(f"__label__good calm {n}" for n in range(9)), "__label__bad loud"],
        [f"__label__{n % 3} word{n}" for n in range(7)],
    ],
    ids=["two texts", "a label with one text", "three labels, no word twice"],
)
def test_hardly_any_texts_can_be_estimated(lines: list[str]) -> None:
    assert [len(one.right) for one in estimates(lines, PLAIN)] == [len(lines)] * 2


def test_interval_holds_the_accuracy_and_stays_within_0_and_1() -> None:
    low, high = estimate("+" * 9 + "-").interval
    assert (round(low, 3), round(high, 3)) == (0.596, 0.982)


@pytest.mark.parametrize(
    ("mine", "others", "better"),
    [
        ("+" * 20, "+" * 10 + "-" * 10, True),
        ("+" * 20, "+" * 18 + "-" * 2, False),
        ("+-" * 10, "-+" * 10, False),
        ("+" * 20, "+" * 20, False),
    ],
)
def test_better_is_what_chance_does_not_explain(mine: str, others: str, better: bool) -> None:
    assert estimate(mine).is_better_than(estimate(others)) == better


def test_the_algorithm_that_learns_more_is_named() -> None:
    pair = [estimate("+" * 10 + "-" * 10), estimate("+" * 20, LOGISTIC_REGRESSION)]
    *_, last = in_words(pair)
    assert last == "Of so many texts of this kind logistic regression learns more."


def test_prepare_says_what_to_expect(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [line.removeprefix("__label__").replace(" ", ",", 1) for line in TOLD_APART]
    (tmp_path / "rooms.csv").write_text("\n".join(["label,text", *rows]), encoding="utf-8")
    options = ["--text", "text", "--label", "label", "--estimate", "--out", str(tmp_path / "out")]
    assert main(["prepare", str(tmp_path / "rooms.csv"), *options]) == 0
    said = capsys.readouterr().out
    assert "BlazingText: accuracy about 1.000 (5 folds of 72 texts; 95 %: 0.949 to 1.000)" in said
