"""How rows become two files: what is dropped, and what the split promises."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_prep.dataset import Dataset, Reason, build_dataset
from data_prep.errors import DataPrepError
from data_prep.labels import LabelMap, parse_label_map
from data_prep.reviews import Review
from review_text import normalise

AS_IN_THE_FILE = LabelMap({})
FILLER = [Review(f"filler {number}", label) for number in range(4) for label in ("bad", "good")]
FILLER = [Review(f"{review.text} {review.label}", review.label) for review in FILLER]

TEXTS = st.one_of(st.sampled_from(["Good!", "good !", "GOOD!", "bad", "", "<br>"]), st.text())
REVIEWS = st.lists(
    st.builds(Review, TEXTS, st.sampled_from(["bad", "good", "", "none of ours", None])),
    max_size=30,
).map(lambda reviews: [*FILLER, *reviews])
THREE_LABELS = LabelMap({"bad": "negative", "good": "positive", "fair": "neutral"})


def build(reviews: list[Review], *, label_map: LabelMap = THREE_LABELS) -> Dataset:
    return build_dataset(reviews, label_map=label_map, test_fraction=0.25)


def texts(lines: list[str]) -> set[str]:
    return {line.partition(" ")[2] for line in lines}


@given(REVIEWS)
def test_no_text_is_in_both_files_or_twice_in_one(reviews: list[Review]) -> None:
    dataset = build(reviews)
    both = [*texts(dataset.train), *texts(dataset.test)]
    assert len(both) == len(set(both)) == len(dataset.train) + len(dataset.test)


@given(REVIEWS, st.randoms())
def test_outcome_does_not_depend_on_the_order_of_rows(
    reviews: list[Review], order: random.Random
) -> None:
    shuffled = order.sample(reviews, len(reviews))
    assert build(shuffled) == build(reviews)


@given(REVIEWS)
def test_every_row_is_kept_or_counted_as_dropped(reviews: list[Review]) -> None:
    dataset = build(reviews)
    kept = len(dataset.train) + len(dataset.test)
    assert dataset.rows_in == len(reviews) == kept + dataset.dropped.total()


@given(REVIEWS)
def test_line_has_one_label_and_the_normalised_text(reviews: list[Review]) -> None:
    dataset = build(reviews)
    expected = {normalise(review.text) for review in reviews}
    for line in dataset.train + dataset.test:
        label, _, text = line.partition(" ")
        assert label in ("__label__negative", "__label__positive")
        assert text in expected
        assert "__label__" not in text
        assert "\n" not in line


def test_every_label_gives_the_same_fraction_to_the_test_file() -> None:
    reviews = [Review(f"text {number}", "good") for number in range(80)]
    reviews += [Review(f"other {number}", "bad") for number in range(20)]
    dataset = build(reviews)
    assert dataset.test_labels == {"positive": 20, "negative": 5}
    assert dataset.train_labels == {"positive": 60, "negative": 15}


def test_label_with_two_texts_has_one_in_each_file() -> None:
    dataset = build([Review("a", "fair"), Review("b", "fair"), *FILLER])
    assert (dataset.train_labels["neutral"], dataset.test_labels["neutral"]) == (1, 1)


def test_neither_file_is_sorted_by_label() -> None:
    reviews = [Review(f"text {number}", "good" if number < 400 else "bad") for number in range(800)]
    labels = [line.split(" ")[0] for line in build(reviews).train]
    changes = sum(one != other for one, other in itertools.pairwise(labels))
    assert changes > len(labels) / 3


@pytest.mark.parametrize(
    ("reviews", "reason", "count"),
    [
        ([Review("x", None)], Reason.MALFORMED, 1),
        ([Review("x", "")], Reason.NO_LABEL, 1),
        ([Review("x", "5")], Reason.NOT_MAPPED, 1),
        ([Review(" <br /> \n", "good")], Reason.NO_TEXT, 1),
        (
            [Review("It's", "good"), Review("it’s", "good"), Review("x", "good")],
            Reason.DUPLICATE,
            1,
        ),
        (
            [Review("Hm", "good"), Review("hm", "good"), Review("HM", "bad")],
            Reason.CONTRADICTION,
            3,
        ),
    ],
)
def test_dropped_row_is_counted_by_reason(
    reviews: list[Review], reason: Reason, count: int
) -> None:
    assert build([*FILLER, *reviews]).dropped == {reason: count}


def test_contradicted_text_is_in_neither_file() -> None:
    dataset = build([*FILLER, Review("Hm", "good"), Review("hm", "bad")])
    assert "hm" not in texts(dataset.train) | texts(dataset.test)


def test_without_map_labels_are_those_of_the_file() -> None:
    assert build(FILLER, label_map=AS_IN_THE_FILE).test_labels == {"bad": 1, "good": 1}


def test_label_that_fasttext_would_split_is_refused_by_name() -> None:
    with pytest.raises(DataPrepError, match="'very good'"):
        build([*FILLER, Review("x", "very good")], label_map=AS_IN_THE_FILE)


def test_no_row_left_says_which_labels_were_not_mapped() -> None:
    with pytest.raises(DataPrepError, match=r"no row is left of 2 .*not in --map: '1', '5'"):
        build([Review("x", "1"), Review("y", "5")])


def test_single_label_left_is_refused() -> None:
    with pytest.raises(DataPrepError, match="only the label 'positive' is left of 2 rows"):
        build([Review("x", "good"), Review("y", "good")])


def test_one_text_a_label_is_refused_because_the_test_file_would_be_empty() -> None:
    with pytest.raises(DataPrepError, match="every label has a single text"):
        build([Review("x", "good"), Review("y", "bad")])


def test_map_options_name_several_values() -> None:
    label_map = parse_label_map(["1, 2=negative", "4,5=positive"])
    assert label_map.names == {"1": "negative", "2": "negative", "4": "positive", "5": "positive"}


def test_every_bad_map_option_is_reported_at_once() -> None:
    with pytest.raises(DataPrepError) as caught:
        parse_label_map(["positive", ",1=x", "2=very good", "3=a", "3=b"])
    for part in ("'positive'", "',1=x'", "'2=very good'", "'3' is mapped to a and to b"):
        assert part in str(caught.value)
