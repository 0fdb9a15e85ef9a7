"""One HTML page without script and network, from a template and what stands in it.

Texts on a page come from reviews, and are not to be trusted: the template engine escapes them, and
a Content-Security-Policy lets nothing run or load should that ever fail.
"""

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

import jinja2

TEMPLATE: Final = "report.html.jinja"
STYLE: Final = "report.css"
LONGEST_EXTRACT: Final = 600
"""Characters that the filter `extract` leaves of a text."""

_SCAFFOLD: Final = Path(__file__).parent
_COMMON_STYLE: Final = "page.css"
# Control characters, and those that reorder what follows (Unicode UAX 9): shown, never obeyed.
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def render(folder: Path, **values: object) -> str:
    """The page as text; the same values give the same text.

    Args:
        folder: Holds `report.html.jinja`, which extends `page.html.jinja`, and `report.css`, which
            comes after the style that all pages share.
        values: What the template names. Its filters are `number` (1,234), `percent` (of a share),
            `seen` (a text, all characters visible) and `extract` (the same, shortened): any text
            that somebody else has written goes through one of the last two.
    """
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, _SCAFFOLD]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "number": _number,
        "percent": _percent,
        "seen": _seen,
        "extract": _extract,
    }
    style = "".join(
        file.read_text(encoding="utf-8") for file in (_SCAFFOLD / _COMMON_STYLE, folder / STYLE)
    )
    digest = hashlib.sha256(style.encode()).digest()
    return templates.get_template(TEMPLATE).render(
        values | {"style": style, "style_hash": base64.b64encode(digest).decode()}
    )


def _number(value: float) -> str:
    return f"{value:,.0f}"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _seen(text: object) -> str:
    return _UNSEEN.sub(lambda found: f"‹U+{ord(found[0]):04X}›", str(text))


def _extract(text: str) -> str:
    shown = _seen(text[:LONGEST_EXTRACT])
    return f"{shown} …" if len(text) > LONGEST_EXTRACT else shown
