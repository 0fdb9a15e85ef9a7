"""Which lines of a file are not UTF-8."""

import codecs
from collections.abc import Iterator

CHUNK_BYTES = 2**14
"""What is decoded at once. Its characters stay in the processor's cache."""


def lines_not_utf8(content: bytes) -> Iterator[tuple[int, int]]:
    """Where each line that is not UTF-8 begins, and where its line feed stands or is missing."""
    view = memoryview(content)
    at = 0
    while at < len(content):
        chunk = view[at : at + CHUNK_BYTES]
        try:
            _, used = codecs.utf_8_decode(chunk, "strict", at + len(chunk) == len(content))
            at += used
        except UnicodeDecodeError as error:
            broken = at + error.start
            end = content.find(b"\n", broken)
            at = end if end >= 0 else len(content)
            yield content.rfind(b"\n", 0, broken) + 1, at
