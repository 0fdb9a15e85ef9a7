"""How rows become two files, by the whole pipeline: what is dropped, what the split promises."""

import csv
import itertools
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_prep.dataset.account import Dataset
from data_prep.dataset.additions import Additions
from data_prep.dataset.build import choose, read_and_normalise, write
from data_prep.dataset.spool import Spool
from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad
from data_prep.reading.labels import LabelMap, parse_label_map
from data_prep.reading.layout import Layout
from data_prep.reading.sources import SourceFile
from data_prep.transform.split import Choice, Dropped
from review_text import normalise
from tests.unit.review_text.test_review_text import ANY_TEXT, EMOTICONS

Row = tuple[str, str]

AS_IN_THE_FILE = LabelMap({})
THREE_LABELS = LabelMap({"bad": "negative", "good": "positive", "fair": "neutral"})
FILLER: list[Row] = [(f"filler {n} {label}", label) for n in range(4) for label in ("bad", "good")]

TEXTS = st.one_of(st.sampled_from(["Good!", "good !", "GOOD!", "bad", "", "<br>"]), ANY_TEXT)
REVIEWS = st.lists(
    st.tuples(TEXTS, st.sampled_from(["bad", "good", "", "none of ours"])), max_size=30
).map(lambda reviews: [*FILLER, *reviews])


@dataclass(frozen=True)
class Result:
    """The account and the lines of both files."""

    account: Dataset
    train: list[str]
    test: list[str]


def encodable(text: str) -> str:
    """As it can stand in a UTF-8 file; Python's own reader makes line feeds of returns."""
    return text.encode(errors="replace").decode()


def build(
    rows: Sequence[Row],
    *,
    test: Sequence[Row] = (),
    labels: LabelMap = THREE_LABELS,
    choice: Choice | None = None,
) -> Result:
    layout = Layout(text=("text",), label="label", labels=labels)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sources = [SourceFile(folder / "train.csv", is_test=False)]
        if test:
            sources.append(SourceFile(folder / "test.csv", is_test=True))
        for source, content in zip(sources, (rows, test), strict=False):
            with source.path.open("w", encoding="utf-8", newline="") as output:
                writer = csv.writer(output, quoting=csv.QUOTE_ALL)
                writer.writerows(
                    [("text", "label"), *((encodable(t), each) for t, each in content)]
                )
        spool = Spool(folder)
        read_and_normalise(spool, sources, layout, most_bad=1)
        split = choose(spool, sources, choice or Choice(test_fraction=0.25))
        account = write(
            spool,
            split,
            folder,
            command="",
            additions=Additions(parts=False, emoticons=False),
        )
        train, held_out = (
            (folder / name).read_bytes().decode().split("\n") for name in ("train.txt", "test.txt")
        )
    assert (train.pop(), held_out.pop()) == ("", "")
    return Result(account, train, held_out)


def texts(lines: list[str]) -> set[str]:
    return {line.partition(" ")[2] for line in lines}


@settings(max_examples=15)
@given(REVIEWS)
def test_no_text_is_in_both_files_or_twice_in_one(reviews: list[Row]) -> None:
    result = build(reviews)
    both = [*texts(result.train), *texts(result.test)]
    assert len(both) == len(set(both)) == len(result.train) + len(result.test)


@settings(max_examples=15)
@given(REVIEWS, st.randoms())
def test_lines_do_not_depend_on_the_order_of_rows(reviews: list[Row], order: random.Random) -> None:
    one, other = build(order.sample(reviews, len(reviews))), build(reviews)
    assert (one.train, one.test) == (other.train, other.test)
    assert one.account.dropped == other.account.dropped


@settings(max_examples=15)
@given(REVIEWS)
def test_every_row_is_kept_or_counted(reviews: list[Row]) -> None:
    account = build(reviews).account
    kept = account.train_labels.total() + account.test_labels.total()
    assert account.rows_in == len(reviews)
    assert account.rows_in == kept + account.dropped.total() + account.bad.total


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=30))
def test_every_text_comes_out_as_the_normaliser_of_the_api_makes_it(found: list[str]) -> None:
    result = build([*FILLER, *((text, "good") for text in found)])
    expected = {normalise(encodable(text)) for text in found}
    expected |= {text for text, _ in FILLER}
    assert texts(result.train) | texts(result.test) == expected - {""}


def test_tricky_texts_come_out_as_the_normaliser_of_the_api_makes_them() -> None:
    tricky = [f"x{one}{two}y" for one in EMOTICONS for two in EMOTICONS]
    tricky += [f"a{chr(code)}b {chr(code)}" for code in range(0x3100)]
    tricky += [
        '"', '""', 'he said "no"', ",", "a,b", "line\nbreak", "line\r\nbreak", "\r", "\\n", "\\",
        "__label__good", "x __label__bad", " __label__ ", "&amp;lt;br&amp;gt;", "<br /><br />",
        "\U0001f44d\U0001f3fd", "İSTANBUL ΣΑΣ", "don''t", "#", "'", "\ufeff", "\x00", "1e5", "NULL",
    ]  # fmt: skip
    result = build([*FILLER, *((text, "good") for text in tricky)])
    expected = {normalise(text) for text in tricky} | {text for text, _ in FILLER}
    assert texts(result.train) | texts(result.test) == expected - {""}


def test_every_label_gives_the_same_fraction_to_the_test_file() -> None:
    rows = [(f"text {number}", "good") for number in range(80)]
    rows += [(f"other {number}", "bad") for number in range(20)]
    account = build(rows).account
    assert account.test_labels == {"positive": 20, "negative": 5}
    assert account.train_labels == {"positive": 60, "negative": 15}


def test_label_with_two_texts_has_one_in_each_file() -> None:
    account = build([("a", "fair"), ("b", "fair"), *FILLER]).account
    assert (account.train_labels["neutral"], account.test_labels["neutral"]) == (1, 1)


def test_neither_file_is_sorted_by_label() -> None:
    rows = [(f"text {number}", "good" if number < 400 else "bad") for number in range(800)]
    labels = [line.split(" ")[0] for line in build(rows).train]
    changes = sum(one != other for one, other in itertools.pairwise(labels))
    assert changes > len(labels) / 3


@pytest.mark.parametrize(
    ("rows", "reason", "count"),
    [
        ([("x", "5")], Dropped.NOT_MAPPED, 1),
        ([("It's", "good"), ("it’s", "good"), ("x", "good")], Dropped.DUPLICATE, 1),
        ([("Hm", "good"), ("hm", "good"), ("HM", "bad")], Dropped.CONTRADICTION, 3),
    ],
)
def test_dropped_row_is_counted_by_reason(rows: list[Row], reason: Dropped, count: int) -> None:
    assert build([*FILLER, *rows]).account.dropped == {reason: count}


@pytest.mark.parametrize(
    ("row", "reason"), [(("x", " "), Bad.NO_LABEL), ((" <br /> \n", "good"), Bad.NO_TEXT)]
)
def test_row_without_label_or_text_is_bad(row: Row, reason: Bad) -> None:
    assert build([*FILLER, row]).account.bad.counts == {reason: 1}


def test_contradicted_text_is_in_neither_file() -> None:
    result = build([*FILLER, ("Hm", "good"), ("hm", "bad")])
    assert "hm" not in texts(result.train) | texts(result.test)


def test_test_file_of_the_data_set_stays_the_test_file() -> None:
    held_out = [("held out", "good"), ("too", "bad"), ("Filler 1 good", "good")]
    result = build(FILLER, test=held_out)
    assert texts(result.test) == {"held out", "too", "filler 1 good"}
    assert len(result.train) == len(FILLER) - 1
    assert result.account.dropped == {Dropped.IN_TEST: 1}


def test_balance_keeps_as_many_of_each_label_as_of_the_rarest() -> None:
    rows = [*FILLER, *((f"more {number}", "good") for number in range(40))]
    account = build(rows, choice=Choice(test_fraction=0.25, balance=True)).account
    assert account.train_labels == {"negative": 3, "positive": 3}
    assert account.test_labels == {"negative": 1, "positive": 1}
    assert account.dropped == {Dropped.BALANCE: 40}


def test_limit_takes_the_same_texts_out_of_any_order() -> None:
    rows = [(f"text {number}", "good" if number % 3 else "bad") for number in range(300)]
    choice = Choice(test_fraction=0.1, limit=60)
    one, other = build(rows, choice=choice), build(rows[::-1], choice=choice)
    assert len(one.train) + len(one.test) == 60
    assert (one.train, one.test) == (other.train, other.test)
    assert one.account.dropped == {Dropped.LIMIT: 240}


def test_without_map_labels_are_those_of_the_file() -> None:
    assert build(FILLER, labels=AS_IN_THE_FILE).account.test_labels == {"bad": 1, "good": 1}


def test_label_that_fasttext_would_split_is_refused_by_name() -> None:
    with pytest.raises(DataPrepError, match="'very good'"):
        build([*FILLER, ("x", "very good")], labels=AS_IN_THE_FILE)


def test_label_column_with_a_text_in_it_is_refused() -> None:
    with pytest.raises(DataPrepError, match="more than 255 different values"):
        build([(f"x {number}", f"l{number}") for number in range(300)], labels=AS_IN_THE_FILE)


def test_no_row_left_says_which_labels_were_not_mapped() -> None:
    with pytest.raises(DataPrepError, match=r"no row is left .*: 2; .*not in --map: '1', '5'"):
        build([("x", "1"), ("y", "5")])


def test_single_label_left_is_refused() -> None:
    with pytest.raises(DataPrepError, match="only the label 'positive' is left"):
        build([("x", "good"), ("y", "good")])


def test_one_text_a_label_is_refused_because_the_test_file_would_be_empty() -> None:
    with pytest.raises(DataPrepError, match="every label has a single text"):
        build([("x", "good"), ("y", "bad")])


def test_map_options_name_several_values() -> None:
    label_map = parse_label_map(["1, 2=negative", "4,5=positive"])
    assert label_map.names == {"1": "negative", "2": "negative", "4": "positive", "5": "positive"}


def test_every_bad_map_option_is_reported_at_once() -> None:
    with pytest.raises(DataPrepError) as caught:
        parse_label_map(["positive", ",1=x", "2=very good", "3=a", "3=b"])
    for part in ("'positive'", "',1=x'", "'2=very good'", "'3' is mapped to a and to b"):
        assert part in str(caught.value)
