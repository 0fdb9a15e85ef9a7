"""The words of a model and how often its training data has them: the head of a `model.bin`.

fastText writes magic and version, its arguments, and its dictionary: sizes, and then each entry as
the word, a zero byte, a 64-bit count and the kind (src/args.cc, src/dictionary.cc; little-endian).
The words come before the labels, the most frequent first.
"""

import struct
from collections.abc import Iterator
from typing import IO, Final

from lambdas.confidence.vocabulary import hash_of

MOST_WORDS: Final = 200_000
"""The most frequent ones are enough: the others are hardly known better than not at all."""

_MAGIC: Final = 793_712_314
_HEAD: Final = struct.Struct("<2i12id3i2q")
_COUNT_AND_KIND: Final = struct.Struct("<qb")
_WORD: Final = 0
_END_OF_LINE: Final = b"</s>"
_LONGEST_WORD_BYTES: Final = 1 << 20
_PIECE_BYTES: Final = 1 << 16


class DictionaryError(ValueError):
    """The file's head is not as fastText writes it."""


def read_words(file: IO[bytes]) -> Iterator[tuple[int, int]]:
    """Yield the hash and the count of the most frequent words.

    Args:
        file: A `model.bin`, read from its beginning and no further than it takes.

    Raises:
        DictionaryError: it is something else, or ends too soon.
    """
    head = file.read(_HEAD.size)
    if len(head) < _HEAD.size or _HEAD.unpack(head)[0] != _MAGIC:
        raise DictionaryError("it does not begin as a model does")
    _, words, *_ = _HEAD.unpack(head)[15:]
    buffer, place = b"", 0
    for _ in range(min(words, MOST_WORDS)):
        while (end := buffer.find(b"\0", place)) < 0 or end + _COUNT_AND_KIND.size >= len(buffer):
            buffer, place = buffer[place:], 0
            piece = file.read(_PIECE_BYTES)
            if not piece or len(buffer) > _LONGEST_WORD_BYTES:
                raise DictionaryError("its dictionary ends too soon")
            buffer += piece
        word = buffer[place:end]
        count, kind = _COUNT_AND_KIND.unpack_from(buffer, end + 1)
        place = end + 1 + _COUNT_AND_KIND.size
        if kind == _WORD and word != _END_OF_LINE:
            yield hash_of(word), count
