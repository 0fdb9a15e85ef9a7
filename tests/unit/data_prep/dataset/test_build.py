"""How rows become three files, by the whole pipeline: what is dropped, what the split promises."""

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
from data_prep.transform.side import Side
from data_prep.transform.split import Choice, Dropped, Group, validation_texts
from review_text import normalise
from tests.unit.review_text.test_review_text import ANY_TEXT, EMOTICONS

Row = tuple[str, str]

FILES = ("train", "validation", "test")
AS_IN_THE_FILE = LabelMap({})
THREE_LABELS = LabelMap({"bad": "negative", "good": "positive", "fair": "neutral"})
FILLER: list[Row] = [(f"filler {n} {label}", label) for n in range(4) for label in ("bad", "good")]

TEXTS = st.one_of(st.sampled_from(["Good!", "good !", "GOOD!", "bad", "", "<br>"]), ANY_TEXT)
REVIEWS = st.lists(
    st.tuples(TEXTS, st.sampled_from(["bad", "good", "", "none of ours"])), max_size=30
).map(lambda reviews: [*FILLER, *reviews])


@dataclass(frozen=True)
class Result:
    """The account and the lines of the files."""

    account: Dataset
    train: list[str]
    validation: list[str]
    test: list[str]

    @property
    def every(self) -> list[str]:
        return [*self.train, *self.validation, *self.test]


def encodable(text: str) -> str:
    """As it can stand in a UTF-8 file; Python's own reader makes line feeds of returns."""
    return text.encode(errors="replace").decode()


def build(
    rows: Sequence[Row],
    *,
    test: Sequence[Row] = (),
    validation: Sequence[Row] = (),
    labels: LabelMap = THREE_LABELS,
    choice: Choice | None = None,
) -> Result:
    # Texts are tried as they are, whatever they are.
    layout = Layout(text=("text",), label="label", labels=labels, keep_na=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content_of = {
            SourceFile(folder / "train.csv", is_test=False): rows,
            SourceFile(folder / "test.csv", is_test=True): test,
            SourceFile(folder / "dev.csv", is_test=False, is_validation=True): validation,
        }
        sources = [source for source, content in content_of.items() if content]
        for source in sources:
            content = content_of[source]
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
        return Result(account, *(lines_of(folder / f"{name}.txt") for name in FILES))


def lines_of(file: Path) -> list[str]:
    if not file.exists():
        return []
    lines = file.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    return lines


def texts(lines: list[str]) -> set[str]:
    return {line.partition(" ")[2] for line in lines}


@settings(max_examples=15)
@given(REVIEWS)
def test_no_text_is_in_two_files_or_twice_in_one(reviews: list[Row]) -> None:
    result = build(reviews)
    assert len(texts(result.every)) == len(result.every)


@settings(max_examples=15)
@given(REVIEWS, st.randoms())
def test_lines_do_not_depend_on_the_order_of_rows(reviews: list[Row], order: random.Random) -> None:
    one, other = build(order.sample(reviews, len(reviews))), build(reviews)
    assert (one.train, one.validation, one.test) == (other.train, other.validation, other.test)
    assert one.account.dropped == other.account.dropped


@settings(max_examples=15)
@given(REVIEWS)
def test_every_row_is_kept_or_counted(reviews: list[Row]) -> None:
    account = build(reviews).account
    kept = sum(labels.total() for labels in account.labels.values())
    assert account.rows_in == len(reviews)
    assert account.rows_in == kept + account.dropped.total() + account.bad.total


@settings(max_examples=40)
@given(st.lists(TEXTS, min_size=1, max_size=30))
def test_every_text_comes_out_as_the_normaliser_of_the_api_makes_it(found: list[str]) -> None:
    result = build([*FILLER, *((text, "good") for text in found)])
    expected = {normalise(encodable(text)) for text in found}
    expected |= {text for text, _ in FILLER}
    assert texts(result.every) == expected - {""}


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
    assert texts(result.every) == expected - {""}


def test_every_label_gives_the_same_fraction_to_the_test_file() -> None:
    rows = [(f"text {number}", "good") for number in range(80)]
    rows += [(f"other {number}", "bad") for number in range(20)]
    account = build(rows).account
    assert account.labels[Side.TEST] == {"positive": 20, "negative": 5}


def test_validation_file_has_a_tenth_of_what_the_test_file_leaves_of_each_label() -> None:
    rows = [(f"text {number}", "good") for number in range(80)]
    rows += [(f"other {number}", "bad") for number in range(40)]
    account = build(rows).account
    assert account.labels[Side.VALIDATION] == {"positive": 6, "negative": 3}
    assert account.labels[Side.TRAIN] == {"positive": 54, "negative": 27}


def test_validation_file_of_many_texts_has_a_limit() -> None:
    counts: dict[Group, int] = {(Side.TRAIN, "good"): 900_000, (Side.TRAIN, "bad"): 100_000}
    assert validation_texts(counts, Choice()) == {
        (Side.TRAIN, "good"): 22_500,
        (Side.TRAIN, "bad"): 2_500,
    }


def test_validation_fraction_that_was_asked_for_has_no_limit() -> None:
    counts: dict[Group, int] = {(Side.TRAIN, "good"): 900_000, (Side.TRAIN, "bad"): 100_000}
    taken = validation_texts(counts, Choice(validation_fraction=0.1))
    assert sum(taken.values()) == 100_000


def test_test_file_is_the_same_with_and_without_a_validation_file() -> None:
    rows = [(f"text {number}", "good" if number % 3 else "bad") for number in range(300)]
    with_one = build(rows)
    without = build(rows, choice=Choice(test_fraction=0.25, validation_fraction=0))
    assert with_one.validation
    assert not without.validation
    assert with_one.test == without.test
    assert texts(without.train) == texts([*with_one.train, *with_one.validation])


@pytest.mark.parametrize(("texts", "sides"), [("abc", [2, 0, 1]), ("abcd", [2, 1, 1])])
def test_label_with_few_texts_keeps_two_to_learn_from(texts: str, sides: list[int]) -> None:
    labels = build([(text, "fair") for text in texts] + FILLER).account.labels
    assert [labels[side]["neutral"] for side in Side] == sides


def test_label_with_two_texts_has_none_in_the_validation_file() -> None:
    labels = build([("a", "fair"), ("b", "fair"), *FILLER]).account.labels
    assert [labels[side]["neutral"] for side in Side] == [1, 0, 1]


def test_texts_that_do_not_suffice_for_three_files_make_two() -> None:
    result = build([(f"{text} {label}", label) for text in "ab" for label in ("good", "bad")])
    assert [len(lines) for lines in (result.train, result.validation, result.test)] == [2, 0, 2]
    assert sorted(result.account.files) == ["test.txt", "train.txt"]


def test_texts_of_one_label_alone_make_no_validation_file() -> None:
    rows = [(f"text {number}", "good") for number in range(40)] + [("a", "bad"), ("b", "bad")]
    assert build(rows).validation == []


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
    assert "hm" not in texts(result.every)


def test_text_of_several_labels_is_kept_under_the_one_of_a_clear_majority() -> None:
    result = build([*FILLER, *[("Hm", "good")] * 3, ("hm", "bad")])
    assert [line for line in result.every if line.endswith(" hm")] == ["__label__positive hm"]
    assert result.account.dropped == {Dropped.OUTVOTED: 1, Dropped.DUPLICATE: 2}


def test_outvoted_row_of_the_test_file_leaves_the_text_to_the_training() -> None:
    result = build([*FILLER, *[("Hm", "good")] * 3], test=[("hm", "bad"), ("too", "bad")])
    assert "hm" not in texts(result.test)
    assert "hm" in texts([*result.train, *result.validation])


def test_test_file_of_the_data_set_stays_the_test_file() -> None:
    held_out = [("held out", "good"), ("too", "bad"), ("Filler 1 good", "good")]
    result = build(FILLER, test=held_out)
    assert texts(result.test) == {"held out", "too", "filler 1 good"}
    assert len(result.train) + len(result.validation) == len(FILLER) - 1
    assert result.account.dropped == {Dropped.IN_TEST: 1}


def test_validation_file_of_the_data_set_stays_the_validation_file() -> None:
    looked_at = [("looked at", "good"), ("too", "bad"), ("Filler 1 good", "good")]
    result = build(FILLER, validation=looked_at)
    assert texts(result.validation) == {"looked at", "too", "filler 1 good"}
    assert result.account.dropped == {Dropped.IN_VALIDATION: 1}


def test_text_of_all_three_files_of_the_data_set_stays_in_the_test_file() -> None:
    everywhere = ("Everywhere", "good")
    result = build(
        [*FILLER, everywhere],
        validation=[everywhere, ("looked at", "good")],
        test=[everywhere, ("held out", "bad")],
    )
    assert texts(result.test) == {"everywhere", "held out"}
    assert texts(result.validation) == {"looked at"}
    assert result.account.dropped == {Dropped.IN_TEST: 2}


def test_balance_keeps_as_many_of_each_label_as_of_the_rarest() -> None:
    rows = [*FILLER, *((f"more {number}", "good") for number in range(40))]
    account = build(rows, choice=Choice(test_fraction=0.25, balance=True)).account
    assert account.labels == {
        Side.TRAIN: {"negative": 2, "positive": 2},
        Side.VALIDATION: {"negative": 1, "positive": 1},
        Side.TEST: {"negative": 1, "positive": 1},
    }
    assert account.dropped == {Dropped.BALANCE: 40}


def test_limit_takes_the_same_texts_out_of_any_order() -> None:
    rows = [(f"text {number}", "good" if number % 3 else "bad") for number in range(300)]
    choice = Choice(test_fraction=0.1, limit=60)
    one, other = build(rows, choice=choice), build(rows[::-1], choice=choice)
    assert len(one.every) == 60
    assert one == other
    assert one.account.dropped == {Dropped.LIMIT: 240}


def test_without_map_labels_are_those_of_the_file() -> None:
    labels = build(FILLER, labels=AS_IN_THE_FILE).account.labels
    assert labels[Side.TEST] == {"bad": 1, "good": 1}


def test_label_that_fasttext_would_split_is_refused_by_name() -> None:
    with pytest.raises(DataPrepError, match="'very good'"):
        build([*FILLER, ("x", "very good")], labels=AS_IN_THE_FILE)


def test_label_column_with_a_text_in_it_is_refused() -> None:
    with pytest.raises(DataPrepError, match="more than 255 different values"):
        build([(f"x {number}", f"l{number}") for number in range(300)], labels=AS_IN_THE_FILE)


def test_no_row_left_says_which_labels_were_not_mapped() -> None:
    with pytest.raises(DataPrepError, match=r"no row is left .*: 2; .*not in --map: 1, 5"):
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
