"""How much of a Lambda's 15 minutes is left."""

from collections.abc import Callable
from typing import Final

RESERVE_SECONDS: Final = 60.0
"""Kept for fitting the calibration, for the report, and for an answer that reaches
CloudFormation: a function that is cut off answers nothing."""


class Deadline:
    """Says when to stop.

    Args:
        remaining_seconds: What the function has left, as its context tells.
    """

    def __init__(self, remaining_seconds: Callable[[], float]) -> None:
        self._remaining_seconds = remaining_seconds
        self._at_start = remaining_seconds()

    @property
    def passed(self) -> bool:
        """Whether only the reserve is left."""
        return self._remaining_seconds() < RESERVE_SECONDS

    @property
    def elapsed_seconds(self) -> float:
        """Since the function began to count."""
        return self._at_start - self._remaining_seconds()
