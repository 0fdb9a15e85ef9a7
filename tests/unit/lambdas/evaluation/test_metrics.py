"""Metrics, against a naive computation from all rows at once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.evaluation.metrics import MISTAKES, NO_ANSWER, Metrics, wilson_interval
from tests.unit.lambdas.evaluation.evaluation_harness import example

LABELS = ("negative", "neutral", "positive")
ROW = st.tuples(
    st.sampled_from(LABELS), st.sampled_from(LABELS), st.floats(0, 1), st.integers(0, 900)
)
"""Label, predicted label, confidence and words."""
Row = tuple[str, str, float, int]


def measured(rows: list[Row]) -> Metrics:
    metrics = Metrics()
    for number, (label, predicted, confidence, words) in enumerate(rows, start=1):
        metrics.add(example("word " * words, label, number=number), [(confidence, predicted)])
    return metrics


@given(st.lists(ROW, min_size=1, max_size=60))
def test_labels_are_measured_as_by_their_definitions(rows: list[Row]) -> None:
    naive = {}
    for name in {label for row in rows for label in row[:2]}:
        right = sum(label == predicted == name for label, predicted, *_ in rows)
        has = sum(label == name for label, *_ in rows)
        got = sum(predicted == name for _, predicted, *_ in rows)
        precision, recall = right / got if got else 0.0, right / has if has else 0.0
        both = precision + recall
        naive[name] = (precision, recall, 2 * precision * recall / both if both else 0.0, has)
    metrics = measured(rows)

    assert {
        each.label: pytest.approx((each.precision, each.recall, each.f1, each.support))
        for each in metrics.labels
    } == naive
    assert metrics.macro_f1 == pytest.approx(sum(f1 for _, _, f1, _ in naive.values()) / len(naive))
    assert metrics.accuracy == pytest.approx(
        sum(label == predicted for label, predicted, *_ in rows) / len(rows)
    )


@given(st.lists(ROW, max_size=60))
def test_every_row_is_in_one_bin_of_each_kind(rows: list[Row]) -> None:
    metrics = measured(rows)

    assert sum(part.rows for part in metrics.reliability.bins) == len(rows)
    assert sum(part[1] for part in metrics.by_length) == len(rows)
    assert sum(part[2] for part in metrics.by_length) == metrics.right


@given(st.lists(ROW, max_size=90))
def test_mistakes_kept_are_the_most_confident_of_all(rows: list[Row]) -> None:
    wrong = [
        (-confidence, number)
        for number, (label, predicted, confidence, _) in enumerate(rows, start=1)
        if label != predicted
    ]
    kept = [(-mistake.confidence, mistake.line) for mistake in measured(rows).mistakes]

    assert kept == sorted(wrong)[:MISTAKES]


def test_row_with_several_labels_is_right_if_the_likeliest_is_one_of_them() -> None:
    metrics = Metrics()
    metrics.add(example("so so", "negative", "positive"), [(0.6, "positive"), (0.4, "negative")])

    assert (metrics.right, metrics.confusion["positive", "positive"]) == (1, 1)


def test_line_without_a_label_is_left_out_and_counted() -> None:
    metrics = Metrics()
    metrics.add(example("no label"), [(0.9, "positive")])

    assert (metrics.rows, metrics.unlabelled) == (0, 1)


def test_row_without_an_answer_is_wrong_and_no_label_of_its_own() -> None:
    metrics = Metrics()
    metrics.add(example("odd", "positive"), [])

    assert metrics.confusion == {("positive", NO_ANSWER): 1}
    assert [label.label for label in metrics.labels] == ["positive"]


def test_mistake_keeps_the_beginning_of_its_text_only() -> None:
    metrics = Metrics()
    metrics.add(example("x" * 2_000, "positive"), [(0.9, "negative")])
    (mistake,) = metrics.mistakes

    assert mistake.text == "x" * 600 + " …"


@pytest.mark.parametrize(
    ("right", "rows", "low", "high"),
    # From Wilson's formula by hand for 0 of 10; the others: statsmodels' proportion_confint.
    [(0, 10, 0.0, 0.27753), (5, 10, 0.23659, 0.76341), (2207, 2480, 0.87699, 0.90164)],
)
def test_interval_is_wilsons(right: int, rows: int, low: float, high: float) -> None:
    assert wilson_interval(right, rows) == pytest.approx((low, high), abs=1e-5)


@given(st.integers(1, 10**6), st.data())
def test_interval_lies_within_0_and_1_around_the_share(rows: int, data: st.DataObject) -> None:
    right = data.draw(st.integers(0, rows))
    low, high = wilson_interval(right, rows)

    assert 0 <= low <= right / rows + 1e-12
    assert right / rows - 1e-12 <= high <= 1


def test_nothing_counted_gives_zeros() -> None:
    metrics = Metrics()

    assert (metrics.accuracy, metrics.macro_f1, metrics.labels) == (0.0, 0.0, [])
    assert metrics.reliability.expected_calibration_error == 0
    assert not math.isnan(wilson_interval(0, 0)[0])
