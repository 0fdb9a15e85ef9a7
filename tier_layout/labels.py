"""How BlazingText and fastText write labels, and the one that the API needs for itself."""

from typing import Final

LABEL_PREFIX: Final = "__label__"
UNSURE: Final = "unsure"
"""The API's word for a text that it will not guess about: no label of a model can be it."""
