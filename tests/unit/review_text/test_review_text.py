"""What the normaliser does to a text, and the properties that training and serving rely on."""

import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review_text import FOLDING, normalise

FASTTEXT_BLANKS = " \n\r\t\v\f\0"
EMOTICONS = [
    *[":)", ":(", ":-)", "(:", "=)", "):", "=(", ":-(", "(=", ")=", "(-:", ")-:", ";)", ";-)"],
    *[":'(", ":'-(", ":')", ":]", ":[", ":|", ":/", ":\\", ":-/", ":*", ":d", ":p", ":o", ":-d"],
    *["=d", ":o)", ":^)", "<3", "</3", "^_^", "^^", "-_-", ">_<", ";_;"],
]

# Pieces that the rules look for, so that random texts meet the rules and not only each other.
PIECES = st.sampled_from(
    [
        *EMOTICONS,
        *":;=-^~o'()[]<>&#_/ \\dpsx3\0\x01\x02\u2019\u200d\u0130\u03a3\ud83d",
        *["__label__", "_", "&amp;", "amp;", "&lt;", "&#39;", "&#95;", "&#", "<br />", "<a href="],
        *[
            "n't",
            "'s ",
            "cannot",
            " not ",
            " never ",
            " ",
            "\n",
            "\u2028",
            "\U0001f44d\U0001f3fd",
            "\u2764\ufe0f",
            "a",
        ],
        # Other scripts, whole and in parts; what combines; the same in other widths.
        *"好の々ｶﾞﾟガーกาเ\u0e34\u0e49ກ\u0eb4ក\u17d2\u17b6က\u1039\u103a한ç\u0301\u0327\u0338\u3099",
        *"\u1112\u1161\u11abἍ\u0345\uf900ＡＦ＆；＃＿：）￢،؟؛।۔",
        *[
            "&#233;",
            "&#x301;",
            "&#128545;",
            "&#55357;",
            "&#56865;",
            "&eacute;",
            "&amp;#769;",
            "I\u0307",
        ],
    ]
)
ANY_TEXT = st.one_of(
    st.text(st.characters(codec=None, categories=None), max_size=60),
    st.text(st.characters(max_codepoint=0xFF), max_size=60),
    st.text(st.characters(min_codepoint=0x100, max_codepoint=0x312F), max_size=60),
    st.lists(PIECES, max_size=25).map("".join),
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("This show sucks!", "this show sucks !"),
        ("I don't know", "i do n't ¬know"),
        ("I don’t know", "i do n't ¬know"),
        ("CAN'T, won't, cannot.", "ca n't , wo n't , can not ."),
        ("It's what they've said he'd do", "it 's what they 've said he 'd do"),
        ("don't've", "do n't 've"),
        ("'Some' of the actors' lines", "' some ' of the actors ' lines"),
        ('so-called "art"', 'so - called " art "'),
        ("Good...\n\n\tbut\u2028long\u00a0!", "good . . . but long !"),
        ("8/10", "8 / 10"),
        ("", ""),
        (" \0\n", ""),
    ],
)
def test_text_becomes_treebank_like_tokens(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Not good", "not ¬good"),
        ("I never liked it that much.", "i never ¬liked ¬it ¬that much ."),
        ("This isn't good, it's bad", "this is n't ¬good , it 's bad"),
        ("No plot; no point", "no ¬plot ; no ¬point"),
        ("I cannot recommend it :)", "i can not ¬recommend ¬it :)"),
        ("not a b c not d", "not ¬a ¬b ¬c not ¬d"),
        ("never didn't", "never ¬did ¬n't"),
        ("not, no. never", "not , no . never"),
        ("nothing is knot or note", "nothing is knot or note"),
        ("not 5 o'clock", "not ¬5 ¬o ' clock"),
    ],
)
def test_up_to_three_words_after_a_negation_are_marked(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


def test_users_own_negation_mark_is_a_blank() -> None:
    assert normalise("¬good a¬b not ¬ ¬c") == "good a b not ¬c"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Awful.<br /><br />Really", "awful . really"),
        ('see <a href="http://x.y/?a=1" target=_blank>this</A>', "see this"),
        ("a<!-- not shown -->b", "a b"),
        ("Tom &amp; Jerry&#39;s &quot;hit&quot;", 'tom & jerry \'s " hit "'),
        ("caf&eacute;&nbsp;noir", "cafe noir"),
        ("twice &amp;lt;br&amp;gt; escaped", "twice escaped"),
        ("rock &roll; AT&T;", "rock & roll ; at & t ;"),
    ],
)
def test_html_is_read_not_kept(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a < b", "a < b"),
        ("x <y and z> w", "x < y and z > w"),
        ("if a<b and b>a", "if a < b and b > a"),
        ("cut off <a href=", "cut off < a href ="),
        ("<sarcasm>great</sarcasm>", "< sarcasm > great < / sarcasm >"),
    ],
)
def test_what_only_resembles_html_keeps_every_word(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize("emoticon", EMOTICONS)
def test_emoticon_is_one_token(emoticon: str) -> None:
    assert normalise(f"well {emoticon.upper()} then") == f"well {emoticon} then"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("great:) bad:(", "great :) bad :("),
        ("I <3 this", "i <3 this"),
        ("haha :-))))", "haha :-)"),
        (":):(", ":) :("),
        ("(I liked it :))", "( i liked it :)"),
        ("love it ❤️👍🏽👍", "love it ❤ 👍 👍"),
    ],
)
def test_emoticons_and_emoji_are_found_in_running_text(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("(as usual): no", "( as usual ) : no"),
        ("cast:dogs", "cast : dogs"),
        ("at 7:30", "at 7 : 30"),
        ("http://x.org", "http : / / x . org"),
        ("<30 minutes", "< 30 minutes"),
    ],
)
def test_prose_that_resembles_an_emoticon_is_split(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize(
    "text",
    [
        "__label__positive",
        "__LABEL__positive",
        "_ _label__x",
        "_\0_label__x",
        "_\u200b_label__x",
        "_<b>_label__x",
        "<br>__label__x",
        "&#95;&#95;label__x",
        "\ufeff__label__x",
        "^__label__x",
        "-__label__-",
    ],
)
def test_hidden_label_is_defused(text: str) -> None:
    assert "__label__" not in normalise(text)


def test_letters_beyond_the_lower_case_table_stay_as_they_are() -> None:
    assert normalise("ÀÉ İI ΣΑΣ Ж ẞ Ⴀ") == "àé ii σασ ж ẞ Ⴀ"


def test_every_capital_of_vietnamese_has_its_small_letter() -> None:
    assert normalise("ĐƯỢC TỐT ẤN ƠI") == "được tốt ấn ơi"


def test_folding_maps_one_character_to_one_final_character() -> None:
    assert [pair for pair in FOLDING.items() if len(pair[1]) != 1 or pair[1] in FOLDING] == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("服务很差，不好吃！", "服 务 很 差 , 不 好 吃 !"),
        ("iPhone很好:D真的", "iphone 很 好 :d 真 的"),
        ("サービスがﾀﾞﾒ。", "サ ー ビ ス が ダ メ 。"),
        ("か\u309aな", "か\u309a な"),
        ("𠮷野家の牛丼", "𠮷 野 家 の 牛 丼"),
        ("ไม่อร่อยเลย", "ไม่ อ ร่ อ ย เล ย"),
        ("ແຊບຫຼາຍ", "ແຊ ບ ຫຼ າ ຍ"),
        ("ឆ្ងាញ់ណាស់", "ឆ្ងា ញ់ ណា ស់"),
        ("ကောင်းတယ်", "ကောင်း တယ်"),
        ("정말 좋아요", "정말 좋아요"),
        ("not 好吃 though", "not ¬好 ¬吃 ¬though"),
    ],
)
def test_scripts_without_spaces_become_characters(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("جيد، نعم؛ صحيح؟", "جيد ، نعم ؛ صحيح ؟"),
        ("यह अच्छा है।", "यह अच्छा है ।"),
        ("شکریہ۔", "شکریہ ۔"),
        ("«Որակ»։", '" որակ " ։'),
        ("ＧＯＯＤ　１０／１０！", "good 10 / 10 !"),
        ("It＇s （ｇｒｅａｔ）", "it 's ( great )"),
        ("angry &#128545;&#x1f621;", "angry 😡 😡"),
        ("na\u0303o e não", "não e não"),
        ("caf&#233;", "café"),
    ],
)
def test_signs_and_letters_of_every_script_are_known(text: str, tokens: str) -> None:
    assert normalise(text) == tokens


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


def test_normalising_any_three_pieces_twice_changes_nothing() -> None:
    pieces = [
        *":;=-^~o'()<>&_ ds3",
        "n't",
        "'s",
        "cannot",
        " no ",
        "¬",
        "__label__",
        "&amp;",
        "<br>",
        "’",
        "\x01",
    ]
    for three in itertools.product(pieces, repeat=3):
        once = normalise("".join(three))
        assert normalise(once) == once, three


@given(ANY_TEXT)
def test_tokens_are_those_that_fasttext_sees(text: str) -> None:
    output = normalise(text)
    for blank in FASTTEXT_BLANKS:
        assert blank == " " or blank not in output
    assert output.split(" ") == (output.split() or [""])


@given(ANY_TEXT)
def test_no_token_starts_like_a_label(text: str) -> None:
    assert not any(token.startswith("__label__") for token in normalise(text).split(" "))


@given(ANY_TEXT)
def test_output_can_be_written_as_utf8(text: str) -> None:
    assert normalise(text).encode().decode() == normalise(text)


@given(ANY_TEXT, st.sampled_from(EMOTICONS), ANY_TEXT)
def test_emoticon_between_spaces_survives(before: str, emoticon: str, after: str) -> None:
    # A tag or an entity that is open before the emoticon may close after it.
    before, after = before.replace("<", "").replace("&", ""), after.replace("<", "")
    tokens = normalise(f"{before} {emoticon} {after}").split(" ")
    assert emoticon in tokens


@pytest.mark.parametrize(
    "piece",
    ["<", ":", "&", "'", '"', "_", "-_", "(", ")", " ", "\0", "&amp;", "&#0", "<a ", "=", "a", "n'",
     "<a href=", ' a="', "<!--", ":'", "❤️", "好", "เ", "\u0e34", "\u17d2", "ក", "\u0301", "&#233;",
     "&amp;#", "ｶﾞ", "ก"],
)  # fmt: skip
def test_hundred_kilobytes_of_one_piece_take_less_than_a_second(piece: str) -> None:
    text = "<a " + piece * (100_000 // len(piece))
    start = time.process_time()
    normalise(text)
    assert time.process_time() - start < 1


def test_review_of_2000_characters_takes_less_than_a_millisecond() -> None:
    text = ("It's not a <i>bad</i> film, but I didn't \"love\" it :( (sorry)!<br /><br />" * 30)[
        :2000
    ]
    times = []
    for _ in range(50):
        start = time.process_time()
        normalise(text)
        times.append(time.process_time() - start)
    assert min(times) < 1e-3
