"""The same characters, however they were written."""

import re
import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_text import FOLDING, NEEDS_COMPOSING, composed, normalise
from review_text.composition import COMBINING, DOUBLES
from tests.unit.review_text.test_review_text import ANY_TEXT

UNICODE = unicodedata.ucd_3_2_0
MUSIC = range(0x1D100, 0x1D200)
KNOWN = [
    chr(code)
    for code in range(0x11_0000)
    if code not in MUSIC and UNICODE.category(chr(code)) not in ("Cn", "Cs")
]
COMBINES = re.compile(f"[{COMBINING}]")
DOUBLE = re.compile(f"[{DOUBLES}]")


def encodable(text: str) -> str:
    return text.encode(errors="ignore").decode()


def second_of_two(character: str) -> str:
    """The last of those that a character is composed of, if there are two."""
    parts = UNICODE.decomposition(character).split()
    return chr(int(parts[1], 16)) if len(parts) == 2 and not parts[0].startswith("<") else ""


def test_whatever_combines_is_known_to_combine() -> None:
    composites = [sign for sign in KNOWN if UNICODE.normalize("NFC", sign) == sign]
    seconds = set(map(second_of_two, composites)) - {""}
    jamo = set(map(chr, (*range(0x1161, 0x1176), *range(0x11A8, 0x11C3))))
    combines = {sign for sign in KNOWN if UNICODE.combining(sign)} | seconds | jamo
    assert [sign for sign in combines if not COMBINES.match(sign)] == []


def test_whatever_has_a_double_is_known_to_have_one() -> None:
    doubles = [sign for sign in KNOWN if UNICODE.normalize("NFC", sign) != sign]
    assert [sign for sign in doubles if not DOUBLE.match(sign) and not COMBINES.match(sign)] == []


def test_every_letter_with_an_accent_is_the_same_composed_and_taken_apart() -> None:
    apart = {sign: UNICODE.normalize("NFD", sign) for sign in KNOWN}
    different = [
        sign
        for sign, parts in apart.items()
        if parts != sign and normalise(f"a{parts}b") != normalise(f"a{sign}b")
    ]
    assert different == []


@given(st.text(st.sampled_from(KNOWN), max_size=20))
def test_sequences_are_composed_as_unicode_3_2_composes_them(text: str) -> None:
    assert UNICODE.normalize("NFC", normalise(text)) == normalise(text)


@given(ANY_TEXT.map(encodable))
def test_text_in_which_nothing_is_found_is_left_alone(text: str) -> None:
    assert composed(text) == text or re.search(NEEDS_COMPOSING, text)


@given(ANY_TEXT.map(encodable))
def test_composing_twice_changes_nothing(text: str) -> None:
    assert composed(composed(text)) == composed(text)


def test_character_that_came_after_unicode_3_2_is_left_to_no_version_of_python() -> None:
    later = "\U00011099"  # with U+110BA, composed since Unicode 5.2
    assert composed(f"{later}\u0301\u0323") == f"{later}\u0323\u0301"


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("n\u0061\u0303o", "não"),
        ("&#128545;", "\U0001f621"),
        ("&#x1F621;", "\U0001f621"),
        ("&amp;#128545;", "\U0001f621"),
        ("&#55357;&#56865;", "\U0001f621"),
        ("&#55357; &#56865;", "   "),
        ("don&#146;t", "don’t"),
        ("&#129;", " "),
        ("&#9999999;", " "),
        ("caf&#233; &#39;", "café &#39;"),
        ("&#22909;", "好"),
        ("ﾀﾞﾒ｡", "ダメ。"),
        ("\u1112\u1161\u11ab", "한"),
        ("\uf9ce", "硫"),
        ("e\u200d\u0301", "é"),
        ("&amp;eacute;&#769;", "é"),
    ],
)
def test_what_was_meant_is_written(text: str, characters: str) -> None:
    assert composed(text) == characters


def test_no_small_letter_becomes_a_capital_by_an_accent() -> None:
    marks = [sign for sign in map(chr, range(0x300, 0x346)) if COMBINES.match(sign)]
    letters = [*"abcdefghijklmnopqrstuvwxyzæøəʒαεηιουωгеиіуэ"]
    assert [
        pair for pair in map("".join, product(letters, marks)) if composed(pair) in FOLDING
    ] == []
