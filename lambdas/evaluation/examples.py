"""The lines of an evaluation file: labels and text, as fastText reads them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Final

from lambdas.evaluation.errors import EvaluationError
from tier_layout.labels import LABEL_PREFIX

LONGEST_LINE_BYTES: Final = 16 * 1024 * 1024
"""More is no text but a file without line breaks, which would fill the memory."""

_PREFIX: Final = LABEL_PREFIX.encode()


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
        return " ".join(
            token.decode(errors="replace")
            for token in _tokens(self.line)
            if not token.startswith(_PREFIX)
        )


def read_examples(file: IO[bytes], name: str) -> Iterator[Example]:
    """Yield a file's lines one by one.

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
                after="An evaluation file is text with one example a line; `python -m data_prep "
                "prepare` writes it.",
            )
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


def _labels(line: bytes, tokens: list[bytes]) -> list[bytes]:
    # Nearly every line has one label, at its beginning: no need to look at each of its words.
    if line.count(_PREFIX) == 1 and tokens[0].startswith(_PREFIX):
        return tokens[:1]
    return [token for token in tokens if token.startswith(_PREFIX)]


def _tokens(line: bytes) -> list[bytes]:
    """Split as fastText does: at ASCII white space, of which it holds NUL to be a part."""
    return line.replace(b"\0", b" ").split()
