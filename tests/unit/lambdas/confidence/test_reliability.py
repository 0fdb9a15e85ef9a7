"""The expected calibration error, and the bins that it is made of."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.confidence import expected_calibration_error
from lambdas.confidence.reliability import Reliability

PAIRS = st.lists(st.tuples(st.floats(0, 1.0001), st.booleans()))


def test_perfectly_calibrated_sample_has_a_small_error() -> None:
    generator = random.Random(1)  # noqa: S311 - no secret
    confidences = [generator.uniform(0.5, 1) for _ in range(20_000)]

    pairs = [(confidence, generator.random() < confidence) for confidence in confidences]

    assert expected_calibration_error(pairs) < 0.01


@pytest.mark.parametrize(
    ("pairs", "error"),
    [
        ([], 0),
        ([(1.0, True)], 0),
        ([(1.0, False)], 1),
        ([(0.9, True), (0.9, False)], 0.4),
        ([(0.8, True), (0.8, False), (0.95, True), (0.95, True)], 0.175),
        # One bin: what is claimed too much there and too little balance out.
        ([(0.95, True), (0.97, False)], 0.46),
    ],
)
def test_error_is_the_mean_distance_of_the_bins(
    pairs: list[tuple[float, bool]], error: float
) -> None:
    assert expected_calibration_error(pairs) == pytest.approx(error)


def test_bin_holds_its_upper_bound() -> None:
    """14/15 and a little less share a bin, in which one right and one wrong balance out."""
    pairs = [(14 / 15, True), (0.9, False)]

    assert expected_calibration_error(pairs) == pytest.approx((14 / 15 + 0.9 - 1) / 2)


@given(PAIRS)
def test_error_lies_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    assert 0 <= expected_calibration_error(pairs) <= 1.0001


@given(PAIRS)
def test_error_is_at_least_the_distance_of_the_means(pairs: list[tuple[float, bool]]) -> None:
    distance = abs(math.fsum(c - r for c, r in pairs)) / max(len(pairs), 1)

    assert expected_calibration_error(pairs) >= distance - 1e-9


def test_confidences_of_0_and_1_are_in_the_outermost_bins() -> None:
    reliability = Reliability()
    reliability.add(1 / 15, right=True)
    reliability.add(1.0, right=True)
    reliability.add(0.0, right=False)

    assert [part.rows for part in reliability.bins] == [2, *[0] * 13, 1]
