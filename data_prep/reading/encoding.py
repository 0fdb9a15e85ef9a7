"""In which encoding a text is written: said, marked, or guessed from its first part."""

import codecs
from dataclasses import dataclass

from data_prep.errors import DataPrepError

UTF8 = "utf-8"
_MARKS = (
    (codecs.BOM_UTF8, UTF8),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks; UTF-32's begins with UTF-16's."""
_FEWEST_NULS = 0.02
"""Of the bytes. Even Chinese text in UTF-16 has them in blanks, commas and line ends."""
_ON_ONE_SIDE = 0.7
"""Of the empty halves. Empty bytes that are anywhere are no UTF-16."""
_ESCAPES_OF_JIS = (b"\x1b$B", b"\x1b$@")
_CANDIDATES = (
    "cp1254", "cp1252", "cp1250", "cp1257", "cp1251", "cp1253", "cp1255", "cp1256", "gb18030",
    "big5", "cp932", "euc_jp", "euc_kr", "koi8_r", "mac_roman", "cp850",
)  # fmt: skip
"""What text is found in on the web and in exports; of two that fit alike, the first: Turkish is in
more files than Icelandic, and otherwise the first two are the same."""
_NEAR = 0.05
"""In charset-normalizer's measure of disorder (0 to 1): two guesses are as good as each other."""
_WITHOUT_SIGNS = bytes.maketrans(b'\r\t",;', b"\n    ")
"""A table's signs, which look like disorder and are part of no character of any of these."""
_GUESSED_FROM = 2**16
"""Bytes of lines that are not ASCII: more make a guess slower, and no better."""


@dataclass(frozen=True)
class Encoding:
    """What turns bytes into text."""

    name: str
    """As Python calls it."""
    mark: bytes = b""
    """The byte order mark that the text begins with."""
    guessed: bool = False


def known_encoding(name: str) -> str:
    """The name of an encoding of text, as a user gives it.

    Raises:
        DataPrepError: Python knows no such encoding.
    """
    try:
        b"".decode(name)
        "".encode(name)
    except (LookupError, ValueError) as error:
        raise DataPrepError(
            f"there is no encoding {name!r}. Usual ones: utf-8, utf-16, windows-1252 (Western "
            "Europe), windows-1251 (Cyrillic), gb18030 and big5 (Chinese), shift_jis (Japanese), "
            "euc_kr (Korean)"
        ) from error
    return codecs.lookup(name).name


def encoding_of(head: bytes, given: str | None) -> Encoding | None:
    """The encoding of a text that begins so; None if it is in none that could be found.

    Lines that are not UTF-8 among others that are leave a text UTF-8.

    Args:
        head: Its first bytes; the last character may be cut.
        given: What the user says that it is.
    """
    mark, marked = next(((m, of) for m, of in _MARKS if head.startswith(m)), (b"", ""))
    if given is not None:
        name = codecs.lookup(given).name.removesuffix("-sig")
        if marked.startswith(name):
            return Encoding(marked, mark)
        return Encoding(f"{name}-le" if name in {"utf-16", "utf-32"} else name)
    if marked:
        return Encoding(marked, mark)
    return _found(head)


def _found(head: bytes) -> Encoding | None:
    if name := _by_nuls(head):
        return Encoding(name, guessed=True)
    if any(escape in head for escape in _ESCAPES_OF_JIS):
        return Encoding("iso2022_jp", guessed=True)
    lines = [line for line in head.split(b"\n") if not line.isascii()]
    # The last character of the head may be cut off.
    broken = [line for line in lines if not _decodes(line)]
    if _decodes(head) or len(lines) - len(broken) >= len(broken):
        return Encoding(UTF8)
    return _guessed(b"\n".join(lines)[:_GUESSED_FROM].translate(_WITHOUT_SIGNS))


def _decodes(content: bytes, encoding: str = UTF8) -> bool:
    try:
        # The last character may be cut off.
        codecs.getincrementaldecoder(encoding)().decode(content)
    except UnicodeDecodeError:
        return False
    return True


def _by_nuls(head: bytes) -> str:
    """UTF-16 without a mark, by where the empty halves of its ASCII characters are."""
    nuls = head.count(0)
    if nuls < max(2, len(head) * _FEWEST_NULS):
        return ""
    for name, halves in (("utf-16-le", head[1::2]), ("utf-16-be", head[::2])):
        # Some characters beyond ASCII have the other half empty.
        if halves.count(0) > nuls * _ON_ONE_SIDE and _decodes(head, name):
            return name
    return ""


def _guessed(lines: bytes) -> Encoding | None:
    # Imported here: it takes longer than a small file takes to read, and is seldom needed.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    matches = [
        (match.chaos, match.coherence, name)
        for match in from_bytes(lines, cp_isolation=[*_CANDIDATES], threshold=0.5)
        for name in match.could_be_from_charset
        if name in _CANDIDATES
    ]
    if not matches:
        return None
    least = min(chaos for chaos, _, _ in matches)
    near = [(-coherence, _CANDIDATES.index(n), n) for chaos, coherence, n in matches
            if chaos <= least + _NEAR]  # fmt: skip
    best = min(near)[2]
    same = lines.decode(best, errors="replace") == lines.decode("cp1252", errors="replace")
    return Encoding("cp1252" if same else best, guessed=True)
