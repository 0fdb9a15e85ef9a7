"""One line of an estimate."""

from dataclasses import dataclass
from enum import StrEnum

from deployment.cost.price_table import Rate


class Section(StrEnum):
    """What a line is paid for."""

    IDLE = "a month while idle"
    IN_USE = "a month in which it is called, on top"
    TEXTS = "a million texts"
    RETRAINING = "a retraining"
    PREPARATION = "a preparation on Glue"


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many units of something."""

    section: Section
    what: str
    """With how the quantity comes about."""
    quantity: float
    """In the unit of the rate."""
    rate: Rate
