"""Whether a text has anything in it that a feeling could be told by."""

import re

# A letter of any script, or a character that is a token and no mere sign, such as an emoji.
_WORD = re.compile(r"[^\W\d_]")
_PICTURE = re.compile("[\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_RATING = re.compile(r"(?:^| )[0-9]+(?: [.,] [0-9]+)? / [0-9]+(?: |$)")


def carries_nothing(tokens: str) -> bool:
    """Whether a text consists of signs and numbers only.

    An emoticon (a token of several signs), an emoji and a rating (`8 / 10`) do carry something.

    Args:
        tokens: What `normalise` returned.
    """
    if _WORD.search(tokens) or _PICTURE.search(tokens) or _RATING.search(tokens):
        return False
    return not any(len(token) > 1 and not token.isdecimal() for token in tokens.split(" "))
