"""JSON values one after the other, streamed: the elements of an array, or just in a row."""

import codecs
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from data_prep.errors import DataPrepError
from data_prep.reading.pieces import SourceFile
from data_prep.reading.text_file import Stream

CHUNK_BYTES = 2**20
LONGEST_VALUE = 2**24
"""Characters. Beyond this it is no review, but a bracket that never closes."""
EXAMPLE = 200
_BETWEEN = " \t\r\n,"
_decode = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class JsonValue:
    """One of them."""

    value: Any
    line: int
    """In which it begins."""
    text: str
    """Its beginning in the file, for an example."""
    is_broken: bool = False
    """The file ends within it."""


def json_values(source: SourceFile, stream: Stream) -> Iterator[JsonValue]:
    """The elements of the array that a text is, or the values that stand in it.

    Python's own parser reads each, as it reads those of JSON Lines, from a window over the text.

    Raises:
        DataPrepError: one is broken, and so it cannot be said where the next one begins.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    window, at, line = "", 0, 1
    is_whole = False
    in_array = None
    while True:
        while at < len(window) and window[at] in _BETWEEN:
            line += window[at] == "\n"
            at += 1
        if at < len(window):
            if in_array is None:
                in_array = window[at] == "["
                at += in_array
                continue
            if in_array and window[at] == "]":
                return
            found = _next(source, window, at, line)
            if found is not None:
                value, end = found
                yield JsonValue(value, line, window[at : min(end, at + EXAMPLE)])
                line += window.count("\n", at, end)
                at = end
                continue
            if is_whole:
                yield JsonValue(None, line, window[at : at + EXAMPLE], is_broken=True)
                return
        elif is_whole:
            return
        # As much again as there is of a value, or each of its chunks would be parsed anew.
        content = stream.read(max(CHUNK_BYTES, len(window) - at))
        is_whole = not content
        window = window[at:] + decoder.decode(content, final=is_whole)
        at = 0


def _next(source: SourceFile, window: str, at: int, line: int) -> tuple[Any, int] | None:
    """A value and where it ends; None if it does not within the window."""
    try:
        return _decode(window, at)
    except json.JSONDecodeError as error:
        # What is cut off fails at its end, or at the beginning of a string that does not close.
        is_cut_off = error.pos >= len(window.rstrip()) - 8 or "Unterminated" in error.msg
        if is_cut_off and len(window) - at < LONGEST_VALUE:
            return None
        broken = line + window.count("\n", at, error.pos)
        raise DataPrepError(
            f"{source.shown} is broken JSON in line {broken}: {error.msg}, at "
            f"{window[max(error.pos - 20, 0) : error.pos + 20]!r}. Mend it there, or write one "
            "object a line (JSON Lines), where a broken one costs its own line only"
        ) from error
    except RecursionError as error:
        raise DataPrepError(
            f"{source.shown} has a value in line {line} that is nested too deep"
        ) from error
