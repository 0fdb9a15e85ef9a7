"""By which numbers a model is recognised."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lambdas.evaluation.inputs import EVALUATOR_VERSION
from lambdas.sentiment_api.limits import MAX_LABELS
from tier_layout.fingerprint import MOST_LABELS, TEXTS, TOLERANCE, VERSION, Fingerprint, reading

SCORES = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=3), st.floats(0, 1), min_size=2, max_size=MOST_LABELS
)


@given(SCORES, st.floats(-1e-6, 1e-6))
def test_reading_moves_no_more_than_the_probabilities_do(
    scores: dict[str, float], off_by: float
) -> None:
    total = sum(scores.values()) or 1.0
    one = {label: score / total for label, score in scores.items()}
    other = {label: max(0.0, score + off_by) for label, score in one.items()}

    known = Fingerprint(readings=(reading([one]),))

    if any(one.values()):
        assert known.distance(reading([other])) <= TOLERANCE


def test_labels_count_under_their_names() -> None:
    scores = {"a": 0.9, "b": 0.1}
    exchanged = {"b": 0.9, "a": 0.1}

    assert reading([scores] * len(TEXTS)) != reading([exchanged] * len(TEXTS))


def test_order_of_the_labels_does_not_count() -> None:
    assert reading([{"a": 0.9, "b": 0.1}]) == reading([{"b": 0.1, "a": 0.9}])


def test_missing_answer_is_none() -> None:
    assert reading([{}, {"a": 0.0}]) == (None, None)


def test_what_is_written_is_read() -> None:
    one = reading([{"a": 0.9, "b": 0.1}] * len(TEXTS))
    known = Fingerprint(readings=(one, (None,) * len(TEXTS)))

    assert Fingerprint.parse(json.loads(json.dumps(known.as_json()))) == known


def test_text_has_words() -> None:
    assert all(text.split() and text == " ".join(text.split()) for text in TEXTS)


def test_as_many_labels_are_weighed_as_an_endpoint_is_asked_for() -> None:
    assert MOST_LABELS == MAX_LABELS


def test_other_texts_are_a_new_version_of_the_evaluation() -> None:
    """Whoever changes one raises the other: models must be asked the new texts."""
    assert (EVALUATOR_VERSION, VERSION) == ("5", "7fefda3f")
