"""What applying a calibration does to scores, and how it travels."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.confidence import NONE, Calibration, CalibrationError, calibrated, is_unsure

FASTTEXT = [1.0000100135803223, 1.0000003385357559e-05]
"""What fastText says of `hello world!`."""
IMDB = Calibration(temperature=0.97, short_texts=145.0, unsure_below=0.6)

CALIBRATIONS = st.builds(
    Calibration,
    temperature=st.floats(0.05, 100),
    short_texts=st.floats(0, 10_000),
    unsure_below=st.floats(0, 1),
)
PROBABILITIES = st.floats(0, 1.0001)
ANY_NUMBER = st.floats() | st.sampled_from([*FASTTEXT, 0.0, 1.0])
LENGTHS = st.integers(0, 100_000)


def labelled(scores: list[float]) -> dict[str, float]:
    return {f"label{number}": score for number, score in enumerate(scores)}


@given(st.lists(ANY_NUMBER, min_size=1, max_size=6).map(labelled), LENGTHS, CALIBRATIONS)
def test_result_is_a_distribution_over_the_same_labels(
    scores: dict[str, float], tokens: int, calibration: Calibration
) -> None:
    after = calibrated(scores, tokens=tokens, calibration=calibration)

    assert list(after) == list(scores)
    assert all(0 <= score <= 1 for score in after.values())
    assert math.isclose(sum(after.values()), 1)


@given(st.lists(PROBABILITIES, min_size=2, max_size=6), LENGTHS, CALIBRATIONS)
def test_no_label_overtakes_another(
    scores: list[float], tokens: int, calibration: Calibration
) -> None:
    after = calibrated(labelled(scores), tokens=tokens, calibration=calibration)

    in_order = [after[f"label{i}"] for i in sorted(range(len(scores)), key=scores.__getitem__)]
    assert in_order == sorted(in_order)


@given(st.floats(0.5, 1), st.floats(0.5, 1), LENGTHS, CALIBRATIONS)
def test_higher_score_never_gives_a_lower_confidence(
    one: float, other: float, tokens: int, calibration: Calibration
) -> None:
    low, high = (
        calibrated({"a": score, "b": 1 - score}, tokens=tokens, calibration=calibration)["a"]
        for score in sorted((one, other))
    )

    assert low <= high + 1e-12


@given(st.floats(0.5, 1), st.tuples(LENGTHS, LENGTHS).map(sorted), CALIBRATIONS)
def test_longer_text_with_the_same_score_is_never_less_sure(
    score: float, lengths: list[int], calibration: Calibration
) -> None:
    short, long = (
        calibrated({"a": score, "b": 1 - score}, tokens=tokens, calibration=calibration)["a"]
        for tokens in lengths
    )

    assert short <= long + 1e-12


@given(st.floats(0.001, 0.999))
def test_no_calibration_leaves_probabilities_as_they_are(score: float) -> None:
    fasttext = {"a": score + 1e-5, "b": 1 - score + 1e-5}

    assert calibrated(fasttext, tokens=5, calibration=NONE)["a"] == pytest.approx(score)


@pytest.mark.parametrize(
    ("text", "tokens", "lowest", "highest"),
    [("hello world!", 3, 0.6, 0.8), ("a whole review", 300, 0.99999, 1)],
)
def test_saturated_score_is_worth_what_the_length_of_the_text_says(
    text: str, tokens: int, lowest: float, highest: float
) -> None:
    after = calibrated(labelled(FASTTEXT), tokens=tokens, calibration=IMDB)

    assert lowest < after["label0"] <= highest


def test_what_fasttext_adds_is_taken_off() -> None:
    """The small scores differ by a thousandth; without the 1e-5, by a factor of 10."""
    one, other = (
        calibrated({"a": 1.0, "b": score}, tokens=10, calibration=IMDB)["a"]
        for score in (1.001e-05, 1.0001e-05)
    )

    assert other > one + 0.02


@pytest.mark.parametrize(("tokens", "temperature"), [(-1, 26.0), (0, 26.0), (21, 5.0), (96, 2.0)])
def test_temperature_falls_with_length(tokens: int, temperature: float) -> None:
    calibration = Calibration(temperature=1.0, short_texts=100.0, unsure_below=0.6)

    assert calibration.temperature_of(tokens) == temperature


def test_no_labels_give_no_scores() -> None:
    assert calibrated({}, tokens=1, calibration=IMDB) == {}


def test_text_is_unsure_below_the_threshold_only() -> None:
    assert [is_unsure(confidence, IMDB) for confidence in (0.5999, 0.6, 0.9)] == [
        True,
        False,
        False,
    ]


@given(st.floats(0, 1))
def test_without_calibration_no_text_is_unsure(confidence: float) -> None:
    assert not is_unsure(confidence, NONE)


@given(CALIBRATIONS)
def test_json_carries_the_calibration_exactly(calibration: Calibration) -> None:
    assert Calibration.from_json(calibration.to_json()) == calibration


@given(CALIBRATIONS)
def test_json_is_one_short_line_of_ascii(calibration: Calibration) -> None:
    text = calibration.to_json()

    assert len(text.encode("ascii")) < 150
    assert "\n" not in text


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"temperature": 0}, "temperature"),
        ({"temperature": "1"}, "temperature"),
        ({"temperature": math.nan}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"short_texts": -1}, "short_texts"),
        ({"short_texts": math.inf}, "short_texts"),
        ({"unsure_below": 1.5}, "unsure_below"),
        ({"unsure_below": None}, "unsure_below"),
        ({"version": 2}, "version 2"),
        ({"more": 1}, "unsure_below"),
    ],
)
def test_wrong_calibration_is_refused_by_name(change: dict[str, object], named: str) -> None:
    text = json.dumps(json.loads(IMDB.to_json()) | change)

    with pytest.raises(CalibrationError, match=named):
        Calibration.from_json(text)


@pytest.mark.parametrize("text", ["", "{", "[]", "1", "null", "{}", "[" * 100_000])
def test_what_is_no_calibration_is_refused_with_a_remedy(text: str) -> None:
    with pytest.raises(CalibrationError, match="Evaluate the model again"):
        Calibration.from_json(text)
