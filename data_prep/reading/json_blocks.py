"""JSON Lines, and JSON values one after the other (an array, or objects over several lines)."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Any

from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import Bad
from data_prep.reading.json_rows import LOOKED_AT, JsonRows, check_objects
from data_prep.reading.json_values import JsonValue, json_values
from data_prep.reading.layout import Layout
from data_prep.reading.line_blocks import LineBlock, line_blocks
from data_prep.reading.pieces import Piece, SourceFile
from data_prep.reading.text_file import HEAD_BYTES, Stream

VALUES_AT_ONCE = 8_192
_LINES_LOOKED_AT = 20
"""One with an object among the first of a file that is called JSON: the others are broken."""


class JsonForm(Enum):
    """How the objects of a text stand in it."""

    LINES = auto()
    VALUES = auto()
    """In an array, or over several lines each."""


def json_form(source: SourceFile, head: str) -> JsonForm | None:
    """How a text that begins so holds JSON; None if it does not.

    Raises:
        DataPrepError: it is Python's notation, or an object around all the others.
    """
    text = head.lstrip("\ufeff \t\r\n")
    says_json = any(part in (".json", ".jsonl", ".ndjson") for part in source.suffixes)
    if text[:1] not in ("{", "["):
        lines = text.encode(errors="surrogateescape").split(b"\n", _LINES_LOOKED_AT)[:-1]
        some = any(isinstance(value, dict) for value in _first_objects(lines))
        return JsonForm.LINES if says_json and some else None
    first = text.partition("\n")[0].strip()
    if first.startswith("{'"):
        raise DataPrepError(
            f"{source.shown} is not JSON but Python's own notation (quotes are single). Make JSON "
            "Lines of it first: python -c 'import ast, json, sys; [print(json.dumps("
            "ast.literal_eval(line))) for line in sys.stdin]' < OLD > NEW.jsonl"
        )
    try:
        value, end = json.JSONDecoder().raw_decode(text)
    except ValueError:
        value, end = None, len(text)
    is_array = text.startswith("[")
    if isinstance(value, dict) and not text[end:].strip() and len(head) < HEAD_BYTES:
        _check_single(source, value)
    if value is None and not says_json and not is_array and not first.startswith('{"'):
        return None
    if is_array:
        begins = text[1:].lstrip()[:1]
        if begins == "[" or (begins not in ("{", "]", "") and says_json):
            raise DataPrepError(
                f"{source.shown} is an array, but not of objects (it begins {text[:40]!r}). Make "
                'objects of its rows: [{"text": …, "label": …}, …]'
            )
        return JsonForm.VALUES if begins in ("{", "]") else None
    try:
        json.loads(first.rstrip(","))
    except ValueError:
        return JsonForm.VALUES if first == "{" or "\n" in text[:end] else JsonForm.LINES
    return JsonForm.LINES


def _check_single(source: SourceFile, value: dict[str, Any]) -> None:
    for name, inner in value.items():
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            raise DataPrepError(
                f"{source.shown} is one JSON object, whose rows are under the key {name!r}. Take "
                f"them out first: python -c 'import json, sys; json.dump(json.load(sys.stdin)"
                f"[{json.dumps(name)}], sys.stdout)' < OLD > NEW.json"
            )
    if value and all(isinstance(inner, dict | list) for inner in value.values()):
        raise DataPrepError(
            f"{source.shown} is one JSON object with the columns in it, each as a whole. Write the "
            'rows instead: in pandas, to_json(…, orient="records", lines=True)'
        )


@dataclass(frozen=True)
class JsonLinesBlock:
    """Some lines of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    lines: LineBlock
    layout: Layout

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no object goes beyond its line."""
        rows = JsonRows(self.source, self.layout)
        lines = (before + self.lines.content).removesuffix(b"\n").split(b"\n")
        for number, line in enumerate(lines, start=self.lines.first_line):
            if not line.strip():
                continue
            try:
                text = line.decode()
            except UnicodeDecodeError:
                rows.add_bad(Bad.ENCODING, number, line.decode(errors="surrogateescape"))
                continue
            try:
                value = _one_object(text)
            except (ValueError, RecursionError):
                rows.add_bad(Bad.NOT_JSON, number, text)
            else:
                rows.add(value, number, text)
        return rows.piece(self.lines.read_bytes)


@dataclass(frozen=True)
class JsonValuesBlock:
    """Some objects of a file; see `data_prep.reading.pieces.Block`."""

    source: SourceFile
    values: list[JsonValue]
    layout: Layout
    read_bytes: int

    def parse(self, before: bytes = b"") -> Piece:
        """Its rows; `before` is empty, as no object goes beyond a block."""
        rows = JsonRows(self.source, self.layout)
        for found in self.values:
            if found.is_broken:
                rows.add_bad(Bad.NOT_JSON, found.line, found.text)
            elif any(map(_has_broken_bytes, (found.text,))):
                rows.add_bad(Bad.ENCODING, found.line, found.text)
            else:
                rows.add(found.value, found.line, found.text)
        return rows.piece(self.read_bytes)


def _has_broken_bytes(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= character <= "\udcff" for character in text)


def _one_object(text: str) -> Any:
    """The value of a line, also with a comma behind it, as in a list that is written by hand."""
    try:
        return json.loads(text)
    except ValueError:
        stripped = text.strip()
        if not stripped.endswith(","):
            raise
        return json.loads(stripped[:-1])


def json_lines_blocks(
    source: SourceFile, stream: Stream, layout: Layout
) -> Iterator[JsonLinesBlock]:
    """The blocks of a text with an object a line.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    check_objects(source, _first_objects(stream.peek(HEAD_BYTES).split(b"\n")[:LOOKED_AT]), layout)
    for lines in line_blocks(stream):
        yield JsonLinesBlock(source, lines, layout)


def json_values_blocks(
    source: SourceFile, stream: Stream, layout: Layout
) -> Iterator[JsonValuesBlock]:
    """The blocks of a text with objects one after the other.

    Raises:
        DataPrepError: the file cannot be read, or a column is missing.
    """
    values = json_values(source, stream)
    before = 0
    is_first = True
    while some := [*islice(values, VALUES_AT_ONCE)]:
        if is_first:
            check_objects(source, (found.value for found in some[:LOOKED_AT]), layout)
        is_first = False
        position = max(stream.position(), before)
        yield JsonValuesBlock(source, some, layout, position - before)
        before = position


def _first_objects(lines: Iterable[bytes]) -> Iterator[Any]:
    for line in lines:
        try:
            yield _one_object(line.decode())
        except (ValueError, RecursionError):
            continue
