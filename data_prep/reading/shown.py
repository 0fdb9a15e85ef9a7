"""Names and values in messages: so that they can be seen, and pasted back into a command."""

import re
import shlex

_VISIBLE_AS_IT_IS = re.compile(r"[\w@%+=:,./-]+")
_TO_ESCAPE = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
    "\ud800-\udfff]"
)
"""What nobody sees, and bytes of a name that are not UTF-8 (PEP 383)."""


def printable(name: str) -> str:
    r"""A file's name with `\xe4` for each byte that is not UTF-8; any stream and file takes it."""
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


def as_word(text: str) -> str:
    """One word of a command line, in a form that a shell reads as it was."""
    if _VISIBLE_AS_IT_IS.fullmatch(text):
        return text
    if not _TO_ESCAPE.search(text):
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{_TO_ESCAPE.sub(_escape, escaped)}'"


def command_line(words: list[str]) -> str:
    """Words as a shell reads them, even if they are file names that are not UTF-8."""
    return " ".join(map(as_word, words))


def in_list(name: str) -> str:
    """A name among others in an option, where commas part them: quoted as CSV quotes."""
    if name and name == name.strip() and not re.search(r'[",\r\n]', name):
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def as_option(name: str) -> str:
    """A name as it is typed behind `--text`, `--label`, `--columns` or in `--map`."""
    return as_word(in_list(name))


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    code = ord(character)
    if named:
        return named
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"
