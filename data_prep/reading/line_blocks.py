"""Texts, in blocks of whole lines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data_prep.reading.text_file import Stream

BLOCK_BYTES = 6 * 2**20
"""Large enough that preparing the regular expressions for each block is no cost, and small enough
that some blocks under way at once stay far below what a laptop has in memory."""
LINES_TRIED = 20
_END_OF_FILE = b"\x1a"
"""What DOS wrote behind the last line."""


@dataclass(frozen=True)
class LineBlock:
    """Whole lines of a file."""

    content: bytes
    first_line: int
    """The number of its first line."""
    is_last: bool
    """The file ends with it. Only then the last line may lack its line feed."""
    read_bytes: int
    """How much of the file it took; less than its own size if the file is compressed."""


def line_blocks(
    stream: Stream, *, first_line: int = 1, is_end: Callable[[bytes], bool] = lambda _: True
) -> Iterator[LineBlock]:
    """The rest of a text; nothing, or something in the last block at least.

    Args:
        stream: The text, as UTF-8.
        first_line: The number of the line that comes next.
        is_end: Whether a line is a good one for a block to end with. Only a few lines are tried.
    """
    held: list[bytes] = []
    before = 0
    is_last = False
    while not is_last:
        read = stream.read(BLOCK_BYTES)
        is_last = len(read) < BLOCK_BYTES
        end = len(read) if is_last else _end(read, is_end)
        if not end and not is_last:
            held.append(read)
            continue
        content = b"".join([*held, memoryview(read)[:end]])
        held = [read[end:]]
        position = max(stream.position(), before)
        if is_last:
            content = content.removesuffix(_END_OF_FILE)
        yield LineBlock(content, first_line, is_last, position - before)
        before = position
        first_line += content.count(b"\n")


def _end(read: bytes, is_end: Callable[[bytes], bool]) -> int:
    """Behind the last good line, or if there is none behind the last line."""
    end = stop = read.rfind(b"\n") + 1
    for _ in range(LINES_TRIED):
        start = read.rfind(b"\n", 0, max(stop - 1, 0)) + 1
        if not start:
            break
        if is_end(read[start:stop]):
            return stop
        stop = start
    return end
