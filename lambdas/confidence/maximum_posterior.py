"""The two numbers of a calibration: maximum a posteriori, by damped Newton steps.

A text's temperature is `temperature + short_texts * shortness`. Both numbers are positive, so their
logarithms are what is fitted. Fisher's information stands in for the second derivatives: unlike
them it is never negative, whatever the data. Small files are helped by what larger ones taught.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from lambdas.confidence.calibration import SHORT_TEXTS, TEMPERATURES

_EXPECTED: Final = (math.log(1.2), math.log(80.0))
"""Between what 25,000 film reviews and 8,000 product reviews gave (docs/calibration.md)."""
_SPREAD: Final = (0.5, 1.0)
"""Standard deviations of the two logarithms; a thousand examples outweigh them."""
_BOUNDS: Final = (
    (math.log(TEMPERATURES[0]), math.log(TEMPERATURES[1])),
    (math.log(1e-3), math.log(SHORT_TEXTS[1])),
)
_MOST_STEPS: Final = 50
_SETTLED: Final = 1e-7
"""Relative improvement of the loss that is not worth another step."""
_MOST_DAMPING: Final = 1e6

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Observation:
    """One text's part in the fit."""

    shortness: float
    """What multiplies `short_texts`."""
    logarithms: tuple[float, ...]
    """Every label's log-probability, the right label's first."""


class _Slope(NamedTuple):
    loss: float
    gradient: Pair
    information: tuple[float, float, float]
    """Fisher's: the diagonal's two elements, then the one beside them."""


def most_probable_temperatures(observations: Sequence[Observation]) -> Pair:
    """`temperature` and `short_texts` (see `Calibration`), within their ranges."""
    place, damping = _EXPECTED, 1e-3
    here = _slope(observations, place)
    for _ in range(_MOST_STEPS):
        trial = _step(place, here, damping)
        there = _slope(observations, trial)
        if there.loss > here.loss:
            damping *= 10
            if damping > _MOST_DAMPING:
                break
            continue
        settled = here.loss - there.loss <= _SETTLED * here.loss
        place, here, damping = trial, there, damping / 10
        if settled:
            break
    return math.exp(place[0]), math.exp(place[1])


def _step(place: Pair, slope: _Slope, damping: float) -> Pair:
    first, second, beside = slope.information
    first, second = first * (1 + damping), second * (1 + damping)
    determinant = first * second - beside * beside
    down = (
        (beside * slope.gradient[1] - second * slope.gradient[0]) / determinant,
        (beside * slope.gradient[0] - first * slope.gradient[1]) / determinant,
    )
    one, other = (
        min(max(at + by, low), high)
        for at, by, (low, high) in zip(place, down, _BOUNDS, strict=True)
    )
    return one, other


def _slope(observations: Sequence[Observation], place: Pair) -> _Slope:
    """Negative log-likelihood and prior, and where they fall.

    With l the log-probabilities and E the mean under the softmax of l / T, an observation's loss
    has the derivative (l_right - E[l]) / T² after T, and Fisher's information Var[l] / T⁴.
    """
    temperature, short_texts = math.exp(place[0]), math.exp(place[1])
    gradient, information, loss = _prior(place)
    (slope, short_slope), (first, second, beside) = gradient, information
    for observation in observations:
        logarithms = observation.logarithms
        by_shortness = short_texts * observation.shortness
        local = temperature + by_shortness
        highest = max(logarithms)
        weights = [math.exp((each - highest) / local) for each in logarithms]
        total = sum(weights)
        mean = sum(map(float.__mul__, weights, logarithms)) / total
        square = sum(w * (each - mean) ** 2 for w, each in zip(weights, logarithms, strict=True))
        loss += math.log(total) + (highest - logarithms[0]) / local
        change = (logarithms[0] - mean) / local**2
        curvature = square / total / local**4
        slope += change * temperature
        short_slope += change * by_shortness
        first += curvature * temperature**2
        second += curvature * by_shortness**2
        beside += curvature * temperature * by_shortness
    return _Slope(loss, (slope, short_slope), (first, second, beside))


def _prior(place: Pair) -> tuple[Pair, tuple[float, float, float], float]:
    away = [
        (at - expected) / spread
        for at, expected, spread in zip(place, _EXPECTED, _SPREAD, strict=True)
    ]
    return (
        (away[0] / _SPREAD[0], away[1] / _SPREAD[1]),
        (1 / _SPREAD[0] ** 2, 1 / _SPREAD[1] ** 2, 0.0),
        (away[0] ** 2 + away[1] ** 2) / 2,
    )
