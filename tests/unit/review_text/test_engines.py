"""The one definition gives the same bytes on Polars, on Spark, and as Python's `normalise`."""

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import narwhals as nw
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_prep.reading.labels import LabelMap
from data_prep.transform.polars_engine import PolarsEngine
from data_prep.transform.rows import Engine, Frame, with_label_and_text, with_line, with_tokens
from review_text import normalise
from tests.unit.conftest import spark_leaves_sockets_open
from tests.unit.review_text.test_review_text import ANY_TEXT, EMOTICONS

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Row = tuple[str, int]
Transform = Callable[[Sequence[str]], list[Row]]
"""Texts → line and key of each, in their order."""

STARS = LabelMap({"1": "negative", "5": "positive"})
LONG = st.lists(ANY_TEXT, max_size=40).map(" ".join)


def encodable(text: str) -> str:
    """No engine has strings with lone surrogates."""
    return text.encode(errors="replace").decode()


def transformed(frame: Frame, engine: Engine) -> Frame:
    """Everything that becomes of a row with the columns `number`, `stars` and `review`."""
    frame = with_label_and_text(frame, label="stars", text=["review"], labels=STARS)
    frame = with_line(engine.with_key(with_tokens(frame, engine), of="tokens"))
    return frame.select("number", "line", "key")


def in_polars(texts: Sequence[str]) -> list[Row]:
    columns = {"number": range(len(texts)), "stars": ["5"] * len(texts), "review": texts}
    schema = {"number": pl.Int64, "stars": pl.String, "review": pl.String}
    frame = nw.from_native(pl.LazyFrame(columns, schema=schema))
    rows: Any = nw.to_native(transformed(frame, PolarsEngine())).collect()
    return [(line, key) for _, line, key in rows.sort("number").rows()]


@pytest.fixture(scope="session")
def in_spark(spark: "SparkSession") -> Transform:
    from data_prep.spark.engine import SparkEngine

    def run(texts: Sequence[str]) -> list[Row]:
        rows = [(number, "5", text) for number, text in enumerate(texts)]
        with spark_leaves_sockets_open():
            frame = spark.createDataFrame(rows, "number bigint, stars string, review string")
            native: Any = nw.to_native(transformed(nw.from_native(frame), SparkEngine()))
            return [(line, key) for _, line, key in sorted(native.collect())]

    return run


def lines(rows: Sequence[Row]) -> list[str]:
    return [line for line, _ in rows]


def in_python(texts: Sequence[str]) -> list[str]:
    return [f"__label__positive {normalise(text)}" for text in texts]


def around_every_character() -> list[str]:
    characters = [chr(code) for code in range(0x11_0000) if not 0xD800 <= code <= 0xDFFF]
    return ["A{}a".format("".join(characters[at : at + 64])) for at in range(0, 0x10_F800, 64)]


def around_every_control_character() -> list[str]:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA1))]
    frames = ("a{}b", "{}", " {} ", ":{})", "do{}n't", "<b{}r>", "&am{}p;", "_{}_label__x", "A{}'s")
    return [frame.format(control) for frame in frames for control in controls]


def pairs_of_emoticons() -> list[str]:
    return [f"x{one}{two}y" for one in EMOTICONS for two in EMOTICONS]


def five_words_around_a_negation() -> list[str]:
    words = ["not", "don't", "a", "¬b", ","]
    return [" ".join(five) for five in itertools.product(words, repeat=5)]


def injected_labels() -> list[str]:
    forms = [
        "__label__x",
        "__LABEL__X",
        "_\u200b_label__x",
        "&#95;_label__x",
        "<b>__label__</b>x",
        "__label__\t__label__",
        "\n__label__bad good",
        "a__label__b",
        "＿＿label＿＿x",
    ]
    return [" ".join(two) for two in itertools.product(forms, repeat=2)]


def every_script_around_what_rules_join() -> list[str]:
    written = [
        "好",
        "がｶﾞ",
        "เก็",
        "ក្ក",
        "က္ကိ",
        "c\u0327\u0301",
        "&#128545;",
        "&#55357;&#56865;",
        "Ｉ\u0307",
    ]
    between = ["", "\u200d", "&amp;", "'s", " not ", "¬", "；", "\x01", "<br>"]
    return ["".join(three) for three in itertools.product(written, between, written)]


CASES = [
    around_every_character,
    around_every_control_character,
    pairs_of_emoticons,
    five_words_around_a_negation,
    injected_labels,
    every_script_around_what_rules_join,
]


@pytest.mark.parametrize("case", CASES)
def test_polars_writes_the_lines_of_the_normaliser(case: Callable[[], list[str]]) -> None:
    texts = case()
    assert lines(in_polars(texts)) == in_python(texts)


@pytest.mark.parametrize("case", CASES)
def test_spark_writes_the_lines_of_the_normaliser(
    case: Callable[[], list[str]], in_spark: Transform
) -> None:
    texts = case()
    assert lines(in_spark(texts)) == in_python(texts)


@pytest.mark.parametrize("case", CASES)
def test_polars_and_spark_compute_the_same_keys(
    case: Callable[[], list[str]], in_spark: Transform
) -> None:
    texts = case()
    assert in_polars(texts) == in_spark(texts)


@settings(max_examples=60)
@given(st.lists(LONG.map(encodable), max_size=20))
def test_polars_agrees_with_the_normaliser_on_random_text(texts: list[str]) -> None:
    assert lines(in_polars(texts)) == in_python(texts)


@settings(
    max_examples=10,
    # Each example is a Spark job, so it has many texts.
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)
@given(texts=st.lists(LONG.map(encodable), min_size=20, max_size=60))
def test_polars_spark_and_the_normaliser_agree_on_random_text(
    texts: list[str], in_spark: Transform
) -> None:
    assert in_polars(texts) == in_spark(texts)
    assert lines(in_polars(texts)) == in_python(texts)
