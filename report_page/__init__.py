"""HTML pages that need nothing but themselves: how they look, and what keeps their texts texts."""

from report_page.page import render

__all__ = ["render"]
