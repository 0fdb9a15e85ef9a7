"""Evaluation texts that the model was trained or chosen on: how well it knows them says nothing."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.evaluate import ROWS_BETWEEN_LOOKS
from lambdas.evaluation.examples import Example, text_of
from lambdas.evaluation.model import Prediction

HASH_BYTES: Final = 8
"""With 64 bits, one of 25,000 texts is taken for another one of four million with a probability
below one in a hundred million."""


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """What an evaluation file has in common with one of the training job's, labels left aside."""

    rows: int
    """Rows of the evaluation file whose text is a line's of the other file, too."""
    texts: int
    """Rows of the evaluation file that have a text."""
    share: float
    """The former of the latter, 0 to 1; 0 when no row has a text."""


class EvaluatedTexts:
    """Remembers the texts of an evaluation file, by 8 bytes a row.

    The rows, not the training file's lines: a training file may have any length.
    """

    def __init__(self) -> None:
        self._hashes = array("Q")

    def add(self, example: Example, _: Prediction) -> None:
        """Take one line; one without a label is no row, and one without a text is no text."""
        if example.labels and (text := text_of(example.line)):
            self._hashes.append(_hash(text))

    def overlap(self, lines: Iterable[bytes], deadline: Deadline) -> Overlap | None:
        """Count the rows whose text is among the lines of another file.

        Args:
            lines: Read once, and none is kept; 200,000 of 100 words take a second.
            deadline: When to give up.

        Returns:
            None when the time does not suffice.
        """
        wanted = set(self._hashes)
        found = set()
        for number, line in enumerate(lines):
            if number % ROWS_BETWEEN_LOOKS == 0 and deadline.passed:
                return None
            # A blank line's hash is nobody's: blank texts were not taken.
            if (key := _hash(text_of(line))) in wanted:
                found.add(key)
        rows, texts = sum(key in found for key in self._hashes), len(self._hashes)
        return Overlap(rows=rows, texts=texts, share=rows / texts if texts else 0.0)


def _hash(text: bytes) -> int:
    return int.from_bytes(blake2b(text, digest_size=HASH_BYTES).digest())
