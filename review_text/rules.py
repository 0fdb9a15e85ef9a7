r"""The rule table of the text normaliser, which every regular-expression engine reads alike.

Python's `re` applies it in the API and in small data preparation; Rust's (Polars) and Java's
(Spark) can in large. They differ in `\s`, `\w`, `\b`, `\v`, `\d`, `$`, flags, look-around and empty
matches, so none of these occurs here: only literals, explicit classes, groups, greedy repetition.
A repeated group has an upper bound, because Java recurses for each turn.

The table works on a text that is composed and folded, and has one space at either end
(`normaliser.py`).
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """Every match of `pattern` becomes `replacement`, in which `{1}` stands for group 1.

    A group that took no part in the match stands for nothing, in all three engines.
    """

    pattern: str
    replacement: str
    needs: tuple[str, ...] = ()
    """A text without any of these has no match, and can be spared the search; empty: any text may.

    Rules that follow each other share theirs where one look at a text is to decide on all of them.
    """


def _ranges(*bounds: tuple[int, int]) -> str:
    """The inside of a character class that holds these code points, first and last included."""
    return "".join(
        chr(first) if first == last else f"{chr(first)}-{chr(last)}" for first, last in bounds
    )


INVISIBLE = _ranges(
    (0x00AD, 0x00AD),  # soft hyphen
    (0x200B, 0x200F),  # zero-width space, joiners, direction marks
    (0x202A, 0x202E),  # direction overrides
    (0x2060, 0x206F),  # word joiner, invisible operators
    (0x20E3, 0x20E3),  # enclosing keycap
    (0xFE00, 0xFE0F),  # variation selectors: a heart is a heart, drawn in colour or not
    (0xFEFF, 0xFEFF),  # byte order mark
    (0x1F3FB, 0x1F3FF),  # skin tones: the thumb says as much without
    (0xE0000, 0xE0FFF),  # tags and further variation selectors
)
BLANK = _ranges(
    (0x00, 0x1F),  # all that fastText splits on besides the space, and the other controls
    (0x7F, 0xA0),
    (0xAC, 0xAC),  # the mark of negation below is ours alone
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFFE2, 0xFFE2),  # the same mark in full width
)
# Scripts that put no space between words. Their characters are tokens, as the model's n-grams of
# tokens then are of characters: what that is worth stands in docs/accuracy.md.
IDEOGRAPH = _ranges(
    (0x2E80, 0x2FDF),  # radicals
    (0x3005, 0x3007),  # what repeats one; zero
    (0x3041, 0x3096),  # Hiragana
    (0x309D, 0x309F),
    (0x30A1, 0x30FA),  # Katakana
    (0x30FC, 0x30FF),
    (0x3105, 0x312F),  # Bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),  # Katakana for Ainu
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
VOICED = _ranges((0x3099, 0x309A))
# Thai, Lao, Myanmar and Khmer: a vowel that is written before its consonant, the letters, what is
# written around them, and what puts a letter below another one or silences it.
VOWEL_BEFORE = _ranges((0xE40, 0xE44), (0xEC0, 0xEC4))
LETTER = _ranges(
    (0xE01, 0xE30),
    (0xE32, 0xE33),
    (0xE40, 0xE46),
    (0xE81, 0xEB0),
    (0xEB2, 0xEB3),
    (0xEBD, 0xEC6),
    (0xEDC, 0xEDF),
    (0x1000, 0x102A),
    (0x103F, 0x103F),
    (0x1050, 0x1055),
    (0x1780, 0x17B3),
    (0x17DC, 0x17DC),
)
AROUND = _ranges(
    (0xE31, 0xE31),
    (0xE34, 0xE3A),
    (0xE47, 0xE4E),
    (0xEB1, 0xEB1),
    (0xEB4, 0xEBC),
    (0xEC8, 0xECD),
    (0x102B, 0x1038),
    (0x103A, 0x103E),
    (0x1056, 0x1059),
    (0x17B4, 0x17D1),
    (0x17D3, 0x17D3),
    (0x17DD, 0x17DD),
)
STACKED = f"[{_ranges((0x1039, 0x1039), (0x17D2, 0x17D2))}][{LETTER}]"
SILENCED = f"[{LETTER}]{chr(0x103A)}"
UNICODE_SIGN = _ranges(
    (0xA1, 0xA9),  # Latin-1 punctuation, without the ordinals, the micro sign and the letters
    (0xAB, 0xB4),
    (0xB6, 0xB9),
    (0xBB, 0xBF),
    (0xD7, 0xD7),
    (0xF7, 0xF7),
    (0x55A, 0x55F),  # Armenian
    (0x589, 0x58A),
    (0x5BE, 0x5BE),  # Hebrew
    (0x5C0, 0x5C0),
    (0x5C3, 0x5C3),
    (0x5F3, 0x5F4),
    (0x60C, 0x60C),  # Arabic comma, semicolon, question mark, percent sign, full stop
    (0x61B, 0x61B),
    (0x61F, 0x61F),
    (0x66A, 0x66D),
    (0x6D4, 0x6D4),
    (0x700, 0x70D),  # Syriac
    (0x964, 0x965),  # Indic full stops
    (0x970, 0x970),
    (0xDF4, 0xDF4),
    (0xE3F, 0xE3F),  # Thai
    (0xE4F, 0xE4F),
    (0xE5A, 0xE5B),
    (0xF04, 0xF14),  # Tibetan, whose syllables a dot parts
    (0xF3A, 0xF3D),
    (0x104A, 0x104F),  # Myanmar
    (0x10FB, 0x10FB),  # Georgian
    (0x1361, 0x1368),  # Ethiopic
    (0x17D4, 0x17D6),  # Khmer
    (0x17D8, 0x17DB),
    (0x1800, 0x180A),  # Mongolian
    (0x2010, 0x2027),  # general punctuation
    (0x2030, 0x205E),
    (0x20A0, 0x20C0),  # currencies
    (0x2190, 0x2BFF),  # arrows, mathematics, dingbats, the older emoji
    (0x3001, 0x3003),  # ideographic punctuation
    (0x3008, 0x3020),
    (0x3030, 0x3030),
    (0x303D, 0x303D),
    (0x30A0, 0x30A0),  # between kana
    (0x30FB, 0x30FB),
    (0xFD3E, 0xFD3F),  # Arabic parentheses
    (0xFE10, 0xFE19),  # punctuation of vertical lines, and small forms
    (0xFE30, 0xFE6B),
    (0xFF5F, 0xFF60),
    (0x1F000, 0x1FAFF),  # emoji
)
# The ASCII signs without the apostrophe, which has rules of its own; what classes treat specially
# is escaped one by one.
ASCII_SIGN = r'!"#$%\&()*+,\-./:;<=>?@\[\\\]\^_`{|}\~'
SIGN = f"[{ASCII_SIGN}{UNICODE_SIGN}]"
WORD = f"[^ '{ASCII_SIGN}{UNICODE_SIGN}]"

# Two marks that hold a token together while signs are being split off: an apostrophe inside it, and
# the borders of what follows its first sign. The user's own U+0001 and U+0002 are spaces by then.
HELD = "\x01"
GLUE = "\x02"
TOKEN = f" {{1}}{GLUE}{{2}}{GLUE} "

# The token that a word after a negation becomes begins with this: `not ¬good` is another word than
# `good` (Das and Chen 2001; Pang, Lee and Vaithyanathan 2002). What it is worth: docs/accuracy.md.
NEGATED = "¬"
NEGATION = "(?:n't|not|never|no)"
NEGATABLE = f"{WORD}[^ ]*"

# Only what is shaped like a tag goes: `a < b` and `x <y and z> w` are text, and so is `<sarcasm>`.
TAG_NAME = (
    "a|abbr|b|big|blockquote|body|br|center|cite|code|del|div|em|font|h[1-6]|head|hr|html|i|img|"
    "ins|li|ol|p|pre|q|s|script|small|span|strike|strong|style|sub|sup|table|tbody|td|th|tr|tt|u|ul"
)
ATTRIBUTE = r""" [a-z\-]+ ?= ?(?:"[^"<>]*"|'[^'<>]*'|[^ "'<>]+)"""

# What the ampersand of a reference becomes when it is escaped, and a letter with an accent by name.
ESCAPED_AMPERSAND = "(?:amp|#0{0,4}38|#x0{0,4}26);"
LETTER_REFERENCE = "&([a-z])(?:acute|cedil|circ|grave|ring|slash|tilde|uml);"

# What the rules for emoticons, and those for apostrophes, look for: one look for all of them.
FACES = (*":;=<>^", "-_")
APOSTROPHES = ("'", HELD)

# The table, in the order of its parts. Data preparation has ways of its own through some of them.
SCRIPTS = Rule(
    f"([{IDEOGRAPH}][{VOICED}]?|"
    f"[{VOWEL_BEFORE}]?[{LETTER}](?:[{AROUND}]|{STACKED}|{SILENCED}){{0,16}})",
    " {1} ",
)
CHARACTERS: tuple[Rule, ...] = (
    # Single characters, none of which becomes one that another of these rules takes, and what is
    # between them.
    Rule(f"[{INVISIBLE}]", ""),
    Rule(f"[{BLANK}]", " "),
    SCRIPTS,
    Rule("  +", " ", needs=("  ",)),
    Rule("[‘’‚‛ʼ′´`]", "'"),
    Rule("[“”„‟″«»]", '"'),
)
MARKUP: tuple[Rule, ...] = (
    # HTML entities. `&amp;` first, so that text which was escaped twice is read as it was meant.
    # Nothing is left to unescape a second time: `&` leaves the table as a token of its own.
    Rule(f"&(?:{ESCAPED_AMPERSAND}){{1,8}}", "&", needs=("&",)),
    Rule("&(?:apos|[lr]squo|#0{0,4}39|#x0{0,4}27|#821[67]|#x201[89]);", "'", needs=("&",)),
    Rule("&(?:quot|[lr]dquo|#0{0,4}34|#x0{0,4}22|#822[01]|#x201[cd]);", '"', needs=("&",)),
    Rule("&(?:lt|#0{0,4}60|#x0{0,4}3c);", "<", needs=("&",)),
    Rule("&(?:gt|#0{0,4}62|#x0{0,4}3e);", ">", needs=("&",)),
    Rule(LETTER_REFERENCE, "{1}", needs=("&",)),
    Rule(
        "&(?:nbsp|[mn]dash|hellip|bull|middot|copy|reg|trade|cent|pound|euro|yen|sect|deg|shy|"
        "[lr]aquo|frac[0-9]{2}|#[0-9]{1,7}|#x[0-9a-f]{1,6});",
        " ",
        needs=("&",),
    ),
    Rule(rf"</?(?:{TAG_NAME})(?:{ATTRIBUTE}){{0,16}} ?/?>", " ", needs=("<",)),
    Rule("<!--[^<>]*-->", " ", needs=("<",)),
)
EMOTICONS: tuple[Rule, ...] = (
    # What looks like an emoticon and is not: an address, `:dogs`, `<30`.
    Rule("://", " : / / ", needs=FACES),
    Rule(rf"([:;=]-?)([dpos]{WORD})", "{1} {2}", needs=FACES),
    Rule("<(3[0-9])", "< {1}", needs=FACES),
    # Western emoticons (en.wikipedia.org/wiki/List_of_emoticons), as far as prose does not use the
    # same signs; `):` ends many a parenthesis, so it needs a space before it. The second group
    # holds on to the first. A wide mouth is the same feeling: `:)))` is `:)`.
    Rule(r":'(-?[()])", f":{HELD}{{1}}", needs=FACES),
    Rule(rf"([:;=]{HELD}?[\-o\^\~]?)(?:(\))\)+|(\()\(+)", "{1}{2}{3}", needs=FACES),
    Rule(rf"([:;=])({HELD}?[\-o\^\~]?[()\[\]{{}}|]|-?[dpos/\\*])", TOKEN, needs=FACES),
    Rule(r"(\()(-?[:;=])", TOKEN, needs=FACES),
    Rule(r" (\))(-?[:;=])", TOKEN, needs=FACES),
    Rule("(<)(/?3)", TOKEN, needs=FACES),
    Rule(r"(\^)([_\-.]?\^)", TOKEN, needs=FACES),
    Rule("(-)(_{1,3}-)", TOKEN, needs=FACES),
    Rule("(>)([_.]<)", TOKEN, needs=FACES),
    Rule("(;)(_;)", TOKEN, needs=FACES),
)
SPLIT: tuple[Rule, ...] = (
    # Every other sign, and every emoji, is a token. `_` is one of them: this is what keeps
    # `__label__`, which fastText would take for the label, out of every token.
    Rule(f"({SIGN}(?:{GLUE}[^ {GLUE}]{{1,4}}{GLUE})?)", " {1} "),
    Rule(GLUE, "", needs=(GLUE,)),
)
WORDS: tuple[Rule, ...] = (
    # Contractions as the Penn Treebank splits them: it 's, do n't, ca n't, can not.
    Rule("(''?'?) ", " {1} ", needs=APOSTROPHES),
    Rule("'(s|m|d|re|ve|ll) ", f" {HELD}{{1}} ", needs=APOSTROPHES),
    Rule("n't ", f" n{HELD}t ", needs=APOSTROPHES),
    Rule("'", " ' ", needs=APOSTROPHES),
    Rule(HELD, "'", needs=APOSTROPHES),
    Rule("cannot ", "can not ", needs=("cannot ",)),
    Rule("  +", " ", needs=("  ",)),
    # Up to three words after a negation are marked; a sign ends its reach. Normalising again takes
    # the marks for blanks first, and then sets them anew.
    Rule(
        f"( {NEGATION}) ({NEGATABLE})(?: ({NEGATABLE})(?: ({NEGATABLE}))?)?",
        f"{{1}} {NEGATED}{{2}} {NEGATED}{{3}} {NEGATED}{{4}}",
    ),
    Rule(f" {NEGATED}(?: {NEGATED})? ", " "),
)

RULES: tuple[Rule, ...] = (*CHARACTERS, *MARKUP, *EMOTICONS, *SPLIT, *WORDS)
