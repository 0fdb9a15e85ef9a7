"""How surprising the words of a text are to a model: whether it is like anything that was learned.

A model labels whatever it is asked. A sentence in another language has a word or two that reviews
have as well, and the label of these. What gives it away is that its words, together, are rarer in
the training data than those of any text that the model was evaluated on: their mean surprisal
(-log of their share of the training data, in nats; Shannon 1948) is far beyond.

The file of a vocabulary is a line of JSON and then its columns, one value a word, one column after
the other; little-endian. Readers take the columns that they know.
"""

import json
import math
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Self
from zlib import crc32

LENGTHS: Final = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32)
"""Tokens of the texts that limits are measured for."""
JUDGED: Final = LENGTHS[-1]
"""Tokens of a text that are looked at: the first of them say what language it is."""

_FORMAT: Final = 1
_STEP: Final = 0.1
"""Nats between two surprisals that are told apart: a byte reaches 25.5, one word in 10^11."""
_HEADER_BYTES: Final = 4_096
_BYTES_A_WORD: Final = 5


class VocabularyError(ValueError):
    """What was read is no vocabulary."""


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The words of a model's training data. It belongs to one model, and travels with it."""

    hashes: Sequence[int]
    """CRC-32 of each word's UTF-8, in order. One word in 20,000 is taken for another one."""
    surprisals: bytes
    """Of each word, in tenths of a nat."""
    unknown: float
    """The surprisal of every other word, in nats."""
    limits: Sequence[tuple[int, float]] = ()
    """Tokens, and the mean surprisal beyond which a text of so many is strange; by tokens."""

    @classmethod
    def of(cls, words: Iterable[tuple[int, int]]) -> Self:
        """Make one without limits.

        Args:
            words: The hash of each word, and how often it occurs in the training data.
        """
        counts = {hashed: count for hashed, count in words if count > 0}
        total = sum(counts.values()) or 1
        hashes = array("I", sorted(counts))
        nats = (math.log(total / counts[hashed]) for hashed in hashes)
        return cls(
            hashes=hashes,
            surprisals=bytes(min(255, round(each / _STEP)) for each in nats),
            # As of a word that would have occurred a third of a time.
            unknown=round(math.log(total) + 1, 1),
        )

    def surprisal(self, word: str) -> float:
        """How rare a word is, in nats."""
        tenths = self._tenths.get(hash_of(word.encode(errors="replace")))
        return self.unknown if tenths is None else tenths * _STEP

    def is_strange(self, tokens: Sequence[str]) -> bool:
        """Whether a text is unlike what the model has learned from.

        Its words are rarer than those of a text of its length ever are, or the model has seen none
        of them. Signs are no words.

        Args:
            tokens: The normalised text, taken apart at its spaces.
        """
        judged = tokens[:JUDGED]
        surprisals = [self.surprisal(token) for token in judged]
        place = bisect_right(self.limits, len(judged), key=lambda limit: limit[0])
        if place and sum(surprisals) / len(judged) > self.limits[place - 1][1]:
            return True
        words = [
            surprisal
            for token, surprisal in zip(judged, surprisals, strict=True)
            if any(map(str.isalpha, token))
        ]
        return bool(words) and min(words) == self.unknown

    @cached_property
    def _tenths(self) -> dict[int, int]:
        """By hash. Takes some hundredths of a second, and finds a word ten times as fast."""
        return dict(zip(self.hashes, self.surprisals, strict=True))

    def to_bytes(self) -> bytes:
        """The file: five bytes a word."""
        header = {
            "format": _FORMAT,
            "columns": ["crc32:u4", "surprisal:u1"],
            "words": len(self.hashes),
            "unknown": self.unknown,
            "limits": [list(limit) for limit in self.limits],
        }
        line = json.dumps(header, separators=(",", ":")).encode() + b"\n"
        return line + array("I", self.hashes).tobytes() + self.surprisals

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Read a file.

        Raises:
            VocabularyError: it is something else, or cut short.
        """
        line, _, body = content.partition(b"\n")
        try:
            match json.loads(line[:_HEADER_BYTES]):
                case {
                    "format": 1,
                    "columns": ["crc32:u4", "surprisal:u1", *_],
                    "words": int(words),
                    "unknown": float(unknown),
                    "limits": list(limits),
                } if len(body) >= words * _BYTES_A_WORD:
                    hashes = array("I", body[: words * 4])
                    return cls(
                        hashes=hashes,
                        surprisals=body[words * 4 : words * _BYTES_A_WORD],
                        unknown=unknown,
                        limits=[(int(tokens), float(nats)) for tokens, nats in limits],
                    )
        except (ValueError, TypeError, RecursionError) as error:
            raise VocabularyError("it is no vocabulary") from error
        raise VocabularyError("it is no vocabulary of this format, or was cut short")


def hash_of(word: bytes) -> int:
    """What stands for a word in the file."""
    return crc32(word)
