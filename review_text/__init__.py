"""The one text normaliser that training and serving share (standard library only)."""

from review_text.lower_case import LOWER_CASE
from review_text.normaliser import Normaliser, replacement_for
from review_text.rules import RULES, Rule
from review_text.versions import CURRENT, FORMER, NORMALISER_VERSION, SPOKEN, normalise

__all__ = [
    "CURRENT",
    "FORMER",
    "LOWER_CASE",
    "NORMALISER_VERSION",
    "RULES",
    "SPOKEN",
    "Normaliser",
    "Rule",
    "normalise",
    "replacement_for",
]
