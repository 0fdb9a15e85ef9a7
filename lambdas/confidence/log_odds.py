"""From fastText's probabilities to logarithms, which can be scaled, and back.

fastText's softmax saturates: on short texts most probabilities are .99999 or 1.00001, and what
tells two of them apart is in the small ones only. It also adds 1e-5 to each, which hides that
difference again (`std_log` in its loss.cc; `predict` returns the exponential of it). So the 1e-5
is taken off. What remains below 1e-9 is single-precision noise and is cut off there, which bounds
what any text can claim.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final

_ADDED_BY_FASTTEXT: Final = 1e-5
_LEAST: Final = 1e-9


def log_probabilities(scores: Iterable[float]) -> list[float]:
    """Natural logarithms, from -20.7 to 0, in the order of the scores. NaN counts as 0."""
    return [
        # In this order of its arguments, `max` returns the number when the other is NaN.
        math.log(min(max(_LEAST, score - _ADDED_BY_FASTTEXT), 1.0))
        for score in scores
    ]


def probabilities(logarithms: Sequence[float], temperature: float) -> list[float]:
    """The softmax of logarithms over a temperature above 0; it adds up to 1."""
    highest = max(logarithms, default=0.0)
    # The highest exponent is 0: nothing overflows, and the sum is at least 1.
    weights = [math.exp((logarithm - highest) / temperature) for logarithm in logarithms]
    total = math.fsum(weights)
    return [weight / total for weight in weights]
