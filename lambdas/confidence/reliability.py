"""Whether a confidence of 0.9 is right nine times in ten."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

BINS: Final = 15
"""Of equal width, as in Guo et al., "On Calibration of Modern Neural Networks" (2017); figures with
other numbers do not compare."""


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The rows whose confidence is above `low` and at most `high`."""

    low: float
    high: float
    rows: int
    confidence: float
    """Their mean; 0 when there are none."""
    accuracy: float
    """The share of them that is right; 0 when there are none."""


class Reliability:
    """A reliability diagram's bins, added up row by row; memory does not grow with the rows."""

    def __init__(self) -> None:
        self._rows = [0] * BINS
        self._right = [0] * BINS
        self._confidence = [0.0] * BINS

    def add(self, confidence: float, *, right: bool) -> None:
        """Count one row; `confidence` is the likeliest label's, 0 to 1.

        Guo et al.'s bins hold their upper bound. fastText's confidences may exceed 1.
        """
        index = min(max(math.ceil(confidence * BINS) - 1, 0), BINS - 1)
        self._rows[index] += 1
        self._right[index] += right
        self._confidence[index] += confidence

    @property
    def bins(self) -> list[Bin]:
        """All fifteen, from 0 to 1."""
        return [
            Bin(
                low=index / BINS,
                high=(index + 1) / BINS,
                rows=rows,
                confidence=confidence / rows if rows else 0.0,
                accuracy=right / rows if rows else 0.0,
            )
            for index, (rows, right, confidence) in enumerate(
                zip(self._rows, self._right, self._confidence, strict=True)
            )
        ]

    @property
    def expected_calibration_error(self) -> float:
        """The mean distance between confidence and accuracy, over the rows.

        0 (right as often as it says) to 1; 0 for no rows at all. Chance alone gives the best
        possible model some .006 on 12,000 rows, .02 on 1,000.
        """
        rows = sum(self._rows)
        if not rows:
            return 0.0
        gaps = (
            abs(right - confidence)
            for right, confidence in zip(self._right, self._confidence, strict=True)
        )
        return math.fsum(gaps) / rows


def expected_calibration_error(pairs: Iterable[tuple[float, bool]]) -> float:
    """The same of rows that are at hand.

    Args:
        pairs: The confidence of the chosen label, and whether it was right. Read once.
    """
    reliability = Reliability()
    for confidence, right in pairs:
        reliability.add(confidence, right=right)
    return reliability.expected_calibration_error
