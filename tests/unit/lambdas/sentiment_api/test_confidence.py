"""POST /sentiment: what the calibration of the served model makes of its probabilities."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.confidence import Calibration, calibrated
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    DESCRIPTION,
    MODEL,
    Api,
    FakeParameterStore,
    FakeRuntime,
    fingerprint_of,
)

MEASURED = Calibration(temperature=1.0, short_texts=50.0, unsure_below=0.6)
CERTAIN = b'[{"prob": [0.999, 0.001], "label": ["__label__good", "__label__bad"]}]'
TOSS_UP = b'[{"prob": [0.55, 0.45], "label": ["__label__good", "__label__bad"]}]'
LONG = "word " * 2_000
FLEETS = {
    "old": ({"good": 0.7, "bad": 0.3}, MEASURED),
    "new": (
        {"good": 0.72, "bad": 0.28},
        Calibration(temperature=2.0, short_texts=10.0, unsure_below=0.6),
    ),
}
"""Two models: what they say of the fingerprint's texts, and what their probabilities are worth."""


def api(reply: bytes, **description: object) -> Api:
    described = {**DESCRIPTION, "calibration": json.loads(MEASURED.to_json()), **description}
    return Api(FakeRuntime(reply), FakeParameterStore(json.dumps(described)))


def test_confidence_is_the_calibrated_one() -> None:
    expected = calibrated({"good": 0.999, "bad": 0.001}, tokens=2, calibration=MEASURED)
    (result,) = api(CERTAIN).label("two words").json["results"]
    assert result["confidence"] == pytest.approx(expected["good"], abs=1e-4)


def test_short_text_is_less_certain_than_a_long_one() -> None:
    (short,), (long,) = (api(CERTAIN).label(text).json["results"] for text in ("word", LONG))
    assert short["confidence"] < long["confidence"]


def test_scores_add_up_to_one() -> None:
    (result,) = api(CERTAIN).label("word").json["results"]
    assert sum(result["scores"].values()) == pytest.approx(1, abs=2e-4)


def test_text_below_the_threshold_is_unsure() -> None:
    (result,) = api(TOSS_UP).label(LONG).json["results"]
    assert result["sentiment"] == "unsure"


def test_unsure_text_has_the_scores_of_its_labels() -> None:
    (result,) = api(TOSS_UP).label(LONG).json["results"]
    assert result["confidence"] == result["scores"]["good"] == pytest.approx(0.55, abs=0.01)


def test_text_above_the_threshold_has_its_label() -> None:
    (result,) = api(CERTAIN).label(LONG).json["results"]
    assert result["sentiment"] == "good"


@pytest.mark.parametrize("text", [".", "?", "1", "12 345", "…", "؟"])
@pytest.mark.parametrize("calibration", [None, json.loads(MEASURED.to_json())])
def test_signs_and_numbers_are_unsure_whatever_the_model_says(
    text: str, calibration: object
) -> None:
    (result,) = api(CERTAIN, calibration=calibration).label(text).json["results"]
    assert result["sentiment"] == "unsure"


@pytest.mark.parametrize("text", [":)", "😡", "10/10", "ok"])
def test_emoticon_emoji_rating_and_word_have_the_models_label(text: str) -> None:
    (result,) = api(CERTAIN, calibration=None).label(text).json["results"]
    assert result["sentiment"] == "good"


def test_unsure_can_be_switched_off_for_signs_too() -> None:
    (result,) = api(CERTAIN, unsure=False).label("?").json["results"]
    assert result["sentiment"] == "good"


def test_unsure_can_be_switched_off() -> None:
    (result,) = api(TOSS_UP, unsure=False).label(LONG).json["results"]
    assert result["sentiment"] == "good"


def test_model_without_a_calibration_keeps_its_own_probabilities() -> None:
    (result,) = api(CERTAIN, calibration=None).label("word").json["results"]
    assert result["scores"] == {"good": 0.999, "bad": 0.001}


def test_answer_does_not_show_the_calibration() -> None:
    assert api(CERTAIN).label("word").json["model"] == MODEL


@pytest.mark.parametrize("calibration", ["", {}, {"temperature": 0}, 1])
def test_model_with_an_unreadable_calibration_is_no_model(calibration: object) -> None:
    answer = api(CERTAIN, calibration=calibration).label("word").json
    assert (answer["model"], answer["results"][0]["confidence"]) == (None, 0.999)


@settings(max_examples=60)
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_each_answer_has_name_and_calibration_of_the_model_that_gave_it(turns: list[bool]) -> None:
    models = {
        name: {
            **DESCRIPTION,
            "training_job": name,
            "fingerprint": fingerprint_of(says),
            "calibration": json.loads(calibration.to_json()),
        }
        for name, (says, calibration) in FLEETS.items()
    }
    canary = Api(FakeRuntime(CERTAIN), FakeParameterStore(json.dumps(models["old"])))
    canary.parameters.coming = json.dumps(models["new"])
    for turn in turns:
        name = "new" if turn else "old"
        canary.runtime.says, calibration = FLEETS[name]
        answer = canary.label("two words").json
        claimed = calibrated({"good": 0.999, "bad": 0.001}, tokens=2, calibration=calibration)
        assert answer["model"]["training_job"] == name
        assert answer["results"][0]["confidence"] == pytest.approx(claimed["good"], abs=1e-4)
