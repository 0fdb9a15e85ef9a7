"""The one text normaliser that training and serving share (standard library only)."""

from review_text.composition import NEEDS_COMPOSING, composed
from review_text.folding import FOLDING
from review_text.normaliser import Normaliser, Step, replacement_for
from review_text.rules import RULES, Rule
from review_text.substance import carries_nothing
from review_text.versions import CURRENT, FORMER, NORMALISER_VERSION, SPOKEN, normalise

__all__ = [
    "CURRENT",
    "FOLDING",
    "FORMER",
    "NEEDS_COMPOSING",
    "NORMALISER_VERSION",
    "RULES",
    "SPOKEN",
    "Normaliser",
    "Rule",
    "Step",
    "carries_nothing",
    "composed",
    "normalise",
    "replacement_for",
]
