"""Reading the container's reply: BlazingText's shape, and nothing else."""

import json

import pytest

from lambdas.sentiment_api.container_reply import (
    Prediction,
    UnreadableReplyError,
    read_answer,
    read_predictions,
)
from tier_layout.fingerprint import TEXTS


def test_labels_lose_their_prefix() -> None:
    reply = b'[{"prob": [0.9, 0.1], "label": ["__label__positive", "__label__negative"]}]'

    assert read_predictions(reply, expected=1) == [Prediction({"positive": 0.9, "negative": 0.1})]


def test_only_the_first_prefix_of_a_label_is_removed() -> None:
    reply = b'[{"prob": [0.9], "label": ["__label____label__x"]}]'

    assert read_predictions(reply, expected=1)[0].best_label == "__label__x"


def test_escaped_characters_of_a_label_are_read() -> None:
    reply = b'[{"prob": [0.9], "label": ["__label__\\u597d"]}]'

    assert read_predictions(reply, expected=1)[0].best_label == "好"


def test_labels_are_put_in_the_order_of_their_probability() -> None:
    reply = b'[{"prob": [0.1, 0.9], "label": ["__label__a", "__label__b"]}]'

    assert list(read_predictions(reply, expected=1)[0].scores) == ["b", "a"]


@pytest.mark.parametrize(("given", "read"), [(1.0000074, 1.0), (-1e-9, 0.0), (1, 1.0)])
def test_probability_is_clipped_to_0_and_1(given: float, read: float) -> None:
    reply = json.dumps([{"prob": [given], "label": ["__label__a"]}]).encode()

    assert read_predictions(reply, expected=1)[0].scores == {"a": read}


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"\xff",
        b"[",
        b"[" * 100_000,
        b"null",
        b'{"prob": [0.9], "label": ["__label__a"]}',
        b"[]",
        b"[null]",
        b"[[]]",
        b'[{"vector": [0.1], "word": "great"}]',
        b'[{"prob": [], "label": []}]',
        b'[{"prob": 0.9, "label": "__label__a"}]',
        b'[{"prob": [0.9], "label": ["__label__a", "__label__b"]}]',
        b'[{"prob": ["0.9"], "label": ["__label__a"]}]',
        b'[{"prob": [true], "label": ["__label__a"]}]',
        b'[{"prob": [NaN], "label": ["__label__a"]}]',
        b'[{"prob": [Infinity], "label": ["__label__a"]}]',
        b'[{"prob": [1.1], "label": ["__label__a"]}]',
        b'[{"prob": [-0.1], "label": ["__label__a"]}]',
        b'[{"prob": [1e999], "label": ["__label__a"]}]',
        b'[{"prob": [0.9], "label": ["positive"]}]',
        b'[{"prob": [0.9], "label": ["__label__"]}]',
        b'[{"prob": [0.9], "label": [1]}]',
        b'[{"prob": [0.5, 0.5], "label": ["__label__a", "__label__a"]}]',
        b'[{"prob": [0.9], "label": ["__label__a"]}, {"prob": [0.9], "label": ["__label__a"]}]',
    ],
    ids=lambda reply: reply.decode(errors="replace")[:60],
)
def test_other_reply_is_unreadable(reply: bytes) -> None:
    with pytest.raises(UnreadableReplyError):
        read_predictions(reply, expected=1)


def test_integer_beyond_floating_point_is_unreadable() -> None:
    reply = b'[{"prob": [1' + b"0" * 400 + b'], "label": ["__label__a"]}]'

    with pytest.raises(UnreadableReplyError):
        read_predictions(reply, expected=1)


def test_unreadable_reply_is_not_quoted() -> None:
    with pytest.raises(UnreadableReplyError) as caught:
        read_predictions(b'[{"prob": [0.9], "label": ["my secret review"]}]', expected=1)

    assert "secret" not in str(caught.value)


ENTRY = {"prob": [0.9, 0.1], "label": ["__label__positive", "__label__negative"]}


@pytest.mark.parametrize("unlike", [None, {"prob": [], "label": []}, {"prob": [2]}, "text"])
def test_fingerprint_that_cannot_be_read_spoils_no_answer(unlike: object) -> None:
    reply = json.dumps([*[unlike] * len(TEXTS), ENTRY]).encode()

    answer = read_answer(reply, expected=1)

    assert answer.predictions == [Prediction({"positive": 0.9, "negative": 0.1})]
    assert answer.reading == (None,) * len(TEXTS)


@pytest.mark.parametrize("entries", [0, 1, len(TEXTS), len(TEXTS) + 2])
def test_reply_to_more_or_fewer_texts_than_were_sent_is_refused(entries: int) -> None:
    with pytest.raises(UnreadableReplyError, match=f"{len(TEXTS) + 1} texts were sent"):
        read_answer(json.dumps([ENTRY] * entries).encode(), expected=1)
