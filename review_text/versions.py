"""The normaliser that new data sets are made with, and those that served models may still need."""

from collections.abc import Mapping

from review_text import rules_73d8ba0ff20f
from review_text.composition import NAME, composed
from review_text.folding import FOLDING
from review_text.normaliser import Normaliser, Step
from review_text.rules import RULES

CURRENT = Normaliser(rules=RULES, folding=FOLDING, before=(Step(NAME, composed),))
"""What data preparation applies, and the API to a model that does not say what it was made with."""

FORMER: tuple[Normaliser, ...] = (rules_73d8ba0ff20f.NORMALISER,)
"""What served models may still have been trained with, the newest first.

Whoever changes a rule or a letter keeps the table that it replaces, as a literal in a module of its
own (`rules_<version>.py`), and adds it here. A retraining comes after the deployment of the code,
and may be rolled back: until then the API asks a model for the words that it has learned. A version
may go when no tier's model description names it any more, which is after every tier was retrained
and its rollback is out of the question. A model whose version has gone is refused, not guessed at.
"""

SPOKEN: Mapping[str, Normaliser] = {
    normaliser.version: normaliser for normaliser in (CURRENT, *FORMER)
}
"""Every normaliser that the API can apply, by its version; the current one first."""

NORMALISER_VERSION = CURRENT.version
"""Changes with every rule, so that training data can name the rules it was made by."""


def normalise(text: str) -> str:
    """The tokens of `text` by the current rules, separated by single spaces; empty without any.

    Total (lone surrogates and control characters included), idempotent, and no token starts with
    `__label__`. The tokens are what fastText sees: it splits on ASCII white space and nothing else.
    """
    return CURRENT.normalise(text)


# Compiled now: in Lambda that is the init phase, which has more processor time than a request.
normalise("")
