"""The one text normaliser that training and serving share (standard library only)."""

from review_text.normaliser import LOWER_CASE, NORMALISER_VERSION, normalise, replacement_for
from review_text.rules import RULES, Rule

__all__ = ["LOWER_CASE", "NORMALISER_VERSION", "RULES", "Rule", "normalise", "replacement_for"]
