"""Whatever the body is, the caller gets 200 or a 4xx, and no log gets a text."""

import json
import string
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.lambdas.sentiment_api.sentiment_api_harness import Api

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(ANY_TEXT, inner, max_size=5),
    max_leaves=15,
)
ANY_REQUEST = ANY_JSON | st.fixed_dictionaries(
    {"instances": ANY_JSON | st.lists(ANY_TEXT | ANY_JSON, max_size=8)},
    optional={"k": ANY_JSON},
)
# Letters that stand in no log line of ours, with anything around them.
MARKER = "zanzibarquux"
LABELLED_TEXT = st.builds(
    lambda before, after: f"{before} {MARKER} {after}",
    st.text(string.printable, max_size=20),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20),
)


@settings(max_examples=300)
@given(ANY_REQUEST)
def test_any_json_is_answered_with_200_or_4xx(body: object) -> None:
    answer = Api().post(body)

    assert answer.status == 200 or 400 <= answer.status < 500


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_body_is_answered_with_200_or_4xx(body: str) -> None:
    answer = Api().post_raw(body)

    assert answer.status == 200 or 400 <= answer.status < 500


@settings(max_examples=200)
@given(st.lists(LABELLED_TEXT, min_size=1, max_size=5))
def test_texts_come_back_as_sent_and_in_order(texts: list[str]) -> None:
    results = Api().label(*texts).json["results"]

    assert [result["text"] for result in results] == texts


@settings(max_examples=200)
@given(st.lists(LABELLED_TEXT | st.just("") | st.integers(), min_size=1, max_size=5))
def test_no_text_reaches_the_log(texts: list[str | int]) -> None:
    api = Api()

    api.post_raw(json.dumps({"instances": texts}))

    assert MARKER not in api.log_stream.getvalue()
