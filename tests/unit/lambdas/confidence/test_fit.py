"""What a fit finds in what a model said."""

import math
import random
from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.confidence import (
    NONE,
    Calibration,
    Example,
    calibrated,
    expected_calibration_error,
    fit,
)


def made_up(
    truth: Calibration, *, texts: int, labels: int = 2, seed: int = 1, spread: float = 4.0
) -> list[Example]:
    """Scores of a model that is as over-confident as `truth` says, and labels to match."""
    generator = random.Random(seed)  # noqa: S311 - no secret
    examples = []
    for _ in range(texts):
        tokens = generator.randrange(5, 600)
        temperature = truth.temperature_of(tokens)
        logits = [generator.gauss(0, spread) for _ in range(labels)]
        honest = softmax([logit / temperature for logit in logits])
        names = [f"label{number}" for number in range(labels)]
        # As fastText gives them.
        scores = {name: score + 1e-5 for name, score in zip(names, softmax(logits), strict=True)}
        (label,) = generator.choices(names, honest)
        examples.append(Example(scores=scores, tokens=tokens, label=label))
    return examples


def softmax(logits: list[float]) -> list[float]:
    weights = [math.exp(logit - max(logits)) for logit in logits]
    return [weight / sum(weights) for weight in weights]


def error(examples: list[Example], calibration: Calibration) -> float:
    pairs = []
    for each in examples:
        after = calibrated(each.scores, tokens=each.tokens, calibration=calibration)
        best = max(after, key=after.__getitem__)
        pairs.append((after[best], best == each.label))
    return expected_calibration_error(pairs)


def calibration(temperature: float, short_texts: float) -> Calibration:
    return Calibration(temperature=temperature, short_texts=short_texts, unsure_below=0)


@pytest.mark.parametrize("labels", [2, 3, 5])
@pytest.mark.parametrize("truth", [calibration(1.2, 140), calibration(0.8, 60)])
def test_fit_finds_the_temperatures_that_made_the_data(truth: Calibration, labels: int) -> None:
    found = fit(made_up(truth, texts=8_000, labels=labels))

    for tokens in (10, 50, 200, 500):
        assert found.temperature_of(tokens) == pytest.approx(truth.temperature_of(tokens), rel=0.2)


@pytest.mark.parametrize("temperature", [0.75, 1.0, 2.3])
def test_fit_finds_one_temperature_where_length_does_not_matter(temperature: float) -> None:
    found = fit(made_up(calibration(temperature, 0), texts=8_000))

    for tokens in (20, 500):
        assert found.temperature_of(tokens) == pytest.approx(temperature, rel=0.2)


@pytest.mark.parametrize("labels", [2, 3, 5])
def test_fit_on_one_half_calibrates_the_other(labels: int) -> None:
    examples = made_up(calibration(1.2, 140), texts=8_000, labels=labels)

    found = fit(examples[:4_000])

    assert error(examples[4_000:], found) < min(0.03, error(examples[4_000:], NONE) / 2)


def test_small_file_is_calibrated_better_than_not_at_all() -> None:
    examples = made_up(calibration(1.2, 140), texts=4_300)

    assert error(examples[300:], fit(examples[:300])) < error(examples[300:], NONE) / 2


@pytest.mark.parametrize("texts", [2, 10, 40])
def test_tiny_file_claims_no_more_than_larger_ones_taught(texts: int) -> None:
    examples = made_up(calibration(1.2, 140), texts=4_000 + texts)

    found = fit(examples[:texts])

    claimed = fmean(
        max(calibrated(one.scores, tokens=one.tokens, calibration=found).values())
        for one in examples[texts:]
    )
    right = fmean(
        max(one.scores, key=one.scores.__getitem__) == one.label for one in examples[texts:]
    )
    assert claimed < right + 0.03


def test_tiny_file_without_a_mistake_makes_doubtful_texts_unsure() -> None:
    sure = [
        Example(scores={"a": score, "b": 1 - score}, tokens=9, label=label)
        for score, label in ((0.9, "a"), (0.1, "b"))
    ]

    assert fit(sure * 3).unsure_below == 0.6


@pytest.mark.parametrize(
    "examples",
    [
        [],
        [Example(scores={"a": 0.9, "b": 0.1}, tokens=9, label="a")] * 1000,
        [Example(scores={"a": 0.9, "b": 0.1}, tokens=9, label="b")] * 1000,
        [Example(scores={"a": 0.9, "b": 0.1}, tokens=9, label="unknown")] * 1000,
        [Example(scores={"a": score, "b": 1 - score}, tokens=9, label="a") for score in (0.9, 0.1)]
        * 500,
        [Example(scores={"only": 1.0}, tokens=9, label="only")] * 1000,
    ],
    ids=["empty", "all right", "all wrong", "label unknown", "one label", "no choice"],
)
def test_file_that_says_too_little_leaves_confidences_alone(examples: list[Example]) -> None:
    assert fit(examples) == NONE


@pytest.mark.parametrize(("labels", "confidence"), [(2, 0.6), (3, 0.4667), (5, 0.36)])
def test_unsure_is_below_a_fifth_of_the_way_from_guessing_to_certainty(
    labels: int, confidence: float
) -> None:
    assert fit(made_up(NONE, texts=500, labels=labels)).unsure_below == confidence


def test_texts_at_the_threshold_are_right_as_often_as_it_says() -> None:
    examples = made_up(calibration(1.2, 140), texts=16_000)
    found = fit(examples[:8_000])

    right = []
    for each in examples[8_000:]:
        after = calibrated(each.scores, tokens=each.tokens, calibration=found)
        best = max(after, key=after.__getitem__)
        if abs(after[best] - found.unsure_below) < 0.03:
            right.append(best == each.label)

    assert sum(right) / len(right) == pytest.approx(found.unsure_below, abs=0.05)


def test_same_examples_give_the_same_calibration() -> None:
    examples = made_up(calibration(1.2, 140), texts=500)

    assert fit(examples) == fit(iter(examples))


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Example,
            scores=st.fixed_dictionaries({"a": st.floats(), "b": st.floats(0, 1.0001)}),
            tokens=st.integers(0, 10_000),
            label=st.sampled_from(["a", "b"]),
        ),
        min_size=40,
        max_size=120,
    )
)
def test_any_scores_can_be_fitted(examples: list[Example]) -> None:
    found = fit(examples)

    assert found == NONE or found.unsure_below == 0.6
