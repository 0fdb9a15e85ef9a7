"""What a table of rules cannot do to a text: find out which characters were meant.

The same word can be written in several sequences of characters: `ã` as one or as two, kana in half
width, an emoji as the number of an HTML reference. Most texts need none of this, and a look tells;
so all engines call this function, for the few texts that do, before they apply the table.
"""

import re
import sys
from unicodedata import ucd_3_2_0

from review_text.folding import FOLDING
from review_text.rules import ESCAPED_AMPERSAND, INVISIBLE, LETTER_REFERENCE

NAME = "composed by Unicode 3.2, 1"
"""Belongs to the normaliser's version; to be changed with whatever this module does."""


def _characters(ranges: str) -> str:
    """The inside of a character class."""
    bounds = (entry.partition("-") for entry in ranges.split())
    return "".join(
        chr(int(first, 16)) + (f"-{chr(int(last, 16))}" if last else "")
        for first, _, last in bounds
    )


# What a character before it may combine with or trade places with, and what is another character's
# double: of Unicode 3.2, whose data every Python carries. Characters that came later stay as they
# are. Musical notation is left out.
COMBINING = _characters(
    "300-34e 360-36f 483-486 591-5a1 5a3-5b9 5bb-5bd 5bf 5c1-5c2 5c4 64b-655 670 6d6-6dc "
    "6df-6e4 6e7-6e8 6ea-6ed 711 730-74a 93c 94d 951-954 9bc 9be 9cd 9d7 a3c a4d abc acd b3c "
    "b3e b4d b56-b57 bbe bcd bd7 c4d c55-c56 cc2 ccd cd5-cd6 d3e d4d d57 dca dcf ddf e38-e3a "
    "e48-e4b eb8-eb9 ec8-ecb f18-f19 f35 f37 f39 f71-f75 f7a-f7d f80-f84 f86-f87 fc6 102e 1037 "
    "1039 1161-1175 11a8-11c2 1714 1734 17d2 18a9 20d0-20dc 20e1 20e5-20ea 302a-302f 3099-309a "
    "fb1e fe20-fe23"
)
DOUBLES = _characters(
    "340-341 343-344 374 37e 387 958-95f 9dc-9dd 9df a33 a36 a59-a5b a5e b5c-b5d f43 f4d f52 "
    "f57 f5c f69 f73 f75-f76 f78 f81 f93 f9d fa2 fa7 fac fb9 1f71 1f73 1f75 1f77 1f79 1f7b 1f7d "
    "1fbb 1fbe 1fc9 1fcb 1fd3 1fdb 1fe3 1feb 1fee-1fef 1ff9 1ffb 1ffd 2000-2001 2126 212a-212b "
    "2329-232a 2adc f900-fa0d fa10 fa12 fa15-fa1e fa20 fa22 fa25-fa26 fa2a-fa2d fa30-fa6a fb1d "
    "fb1f fb2a-fb36 fb38-fb3c fb3e fb40-fb41 fb43-fb44 fb46-fb4e 2f800-2fa1d"
)
_MARKS = {"ﾞ": "\u3099", "ﾟ": "\u309a"}
HALF_WIDTH = dict(
    zip(
        map(chr, range(0xFF61, 0xFF9E)),
        "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモ"
        "ヤユヨラリルレロワン",
        strict=True,
    )
)
NUMBER_SIGN = "#"
"""In every reference by number. ASCII text without it is left alone."""
# To what is beyond ASCII: `&#39;`, which is in many texts, is left to the rules.
_REFERENCE = "[&;]#(?:0{0,5}[1-9][0-9]{2}|[xX]0{0,4}(?:[89a-fA-F]|[1-7][0-9a-fA-F])[0-9a-fA-F])"

NEEDS_COMPOSING = f"{_REFERENCE}|[{COMBINING}{DOUBLES}{''.join(HALF_WIDTH)}{''.join(_MARKS)}]"
"""A pattern, the same to every engine: what is not found in a text that `composed` leaves alone."""

_ascii = re.IGNORECASE | re.ASCII
_found = re.compile(NEEDS_COMPOSING).search
_ampersand = re.compile(f"&(?:{ESCAPED_AMPERSAND})+", _ascii).sub
_number = re.compile("&#(?:([0-9]{1,7})|x([0-9a-f]{1,6}));", _ascii).sub
_letter = re.compile(LETTER_REFERENCE, _ascii).sub
_two_halves = re.compile("[\ud800-\udbff][\udc00-\udfff]").sub
_half = re.compile("[\ud800-\udfff]").sub
_invisible = re.compile(f"[{INVISIBLE}]").sub
_sequence = re.compile(f".?[{COMBINING}]+|[{DOUBLES}]", re.DOTALL).sub
_half_width = str.maketrans(HALF_WIDTH | _MARKS)
_folding = str.maketrans(FOLDING)


def composed(text: str) -> str:
    """The text in the characters that are meant; most texts as they are.

    - References by number (`&#128545;`) to characters beyond ASCII are these characters. The rules
      have those within.
    - Kana in half width have their usual width.
    - What was taken apart is composed, and then folded: Unicode's normalisation form C, of 3.2.

    Args:
        text: Without lone surrogates.
    """
    if (text.isascii() and NUMBER_SIGN not in text) or not _found(text):
        return text
    # All that the rules would join is joined here, so that nothing is left to compose after them.
    text = _sequence(_form_c, _visible(text)).translate(_folding)
    former = ""
    while "&" in text and text != former:
        former = text
        text = _number(_character, _ampersand("&", text))
        text = _half(" ", _two_halves(_whole, text))
        text = _letter(r"\g<1>", _visible(text).translate(_folding))
    return _sequence(_form_c, text)


def _visible(text: str) -> str:
    return _invisible("", text).translate(_half_width)


def _character(reference: re.Match[str]) -> str:
    decimal, hexadecimal = reference.groups()
    code = int(decimal) if decimal else int(hexadecimal, 16)
    if code < 0x80:
        return reference[0]
    if code < 0xA0:
        # As browsers take it (HTML standard, "numeric character reference end state").
        return bytes([code]).decode("cp1252", errors="ignore") or " "
    return chr(code) if code <= sys.maxunicode else " "


def _whole(halves: re.Match[str]) -> str:
    """A character of which UTF-16 has two halves, and the text a reference to each."""
    return halves[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _form_c(match: re.Match[str]) -> str:
    sequence = match[0]
    # Whether a character combines that Unicode 3.2 does not know is up to the version of Python.
    known = ucd_3_2_0.category(sequence[0]) != "Cn"
    kept, rest = ("", sequence) if known else (sequence[0], sequence[1:])
    return kept + ucd_3_2_0.normalize("NFC", rest)
