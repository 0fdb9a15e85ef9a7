"""The lines of an evaluation file: labels and text, as fastText reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from lambdas.evaluation.errors import EvaluationError
from tier_layout.labels import LABEL_PREFIX

LONGEST_LINE_BYTES: Final = 16 * 1024 * 1024
"""More is no text but a file without line breaks, which would fill the memory."""

_PREFIX: Final = LABEL_PREFIX.encode()
_WHITE_SPACE: Final = b"\t\n\v\f\r\0"
"""What fastText splits at besides spaces: ASCII white space, of which it holds NUL to be a part."""
_AS_SPACES: Final = bytes.maketrans(_WHITE_SPACE, b" " * len(_WHITE_SPACE))


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One line."""

    number: int
    """Counted from 1."""
    line: bytes
    """As it stands in the file, its line break included."""
    labels: tuple[str, ...]
    """Without `__label__`; usually one, none when the line has no label."""
    tokens: int
    """Words of the text, labels not counted."""

    @property
    def text(self) -> str:
        """The line without its labels."""
        return text_of(self.line).decode(errors="replace")


def read_lines(file: IO[bytes], name: str) -> Iterator[bytes]:
    """Yield a file's lines one by one, as they stand in it.

    Args:
        file: Anything with `readline`.
        name: What messages call it.

    Raises:
        EvaluationError: a line has more than 16 MiB.
    """
    number = 0
    # Not iteration: a file without line breaks would be read whole.
    while line := file.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(line) > LONGEST_LINE_BYTES:
            raise EvaluationError(
                f"Line {number} of {name} has more than {LONGEST_LINE_BYTES // 1024**2} MiB.",
                after="It must be text with one example a line; `python -m data_prep prepare` "
                "writes it.",
            )
        yield line


def read_examples(file: IO[bytes], name: str) -> Iterator[Example]:
    """Yield the examples in a file's lines, as `read_lines` does and raises."""
    for number, line in enumerate(read_lines(file, name), start=1):
        tokens = _tokens(line)
        labels = _labels(line, tokens)
        yield Example(
            number=number,
            line=line,
            labels=tuple(
                dict.fromkeys(
                    label.decode(errors="replace").removeprefix(LABEL_PREFIX) for label in labels
                )
            ),
            tokens=len(tokens) - len(labels),
        )


def text_of(line: bytes) -> bytes:
    """A line's words without its labels, one space between them; b"" when it has none."""
    plain = line.translate(_AS_SPACES).strip(b" ")
    labels = plain.count(_PREFIX)
    # As data preparation writes nearly every line: three times as fast as to look at each word.
    if b"  " not in plain and labels == plain.startswith(_PREFIX):
        return plain.partition(b" ")[2] if labels else plain
    return b" ".join(token for token in plain.split() if not token.startswith(_PREFIX))


def _labels(line: bytes, tokens: list[bytes]) -> list[bytes]:
    # Nearly every line has one label, at its beginning: no need to look at each of its words.
    if line.count(_PREFIX) == 1 and tokens[0].startswith(_PREFIX):
        return tokens[:1]
    return [token for token in tokens if token.startswith(_PREFIX)]


def _tokens(line: bytes) -> list[bytes]:
    return line.translate(_AS_SPACES).split()
