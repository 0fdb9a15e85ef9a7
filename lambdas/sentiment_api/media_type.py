"""What the API answers in, besides JSON. The gateway's own refusals have it, too."""

from typing import Final

PROBLEM: Final = "application/problem+json"
"""RFC 9457."""
