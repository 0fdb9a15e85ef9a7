"""What counts as a line's text."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.examples import LONGEST_LINE_BYTES, read_lines, text_of

PIECES = st.sampled_from([b"__label__", b"__label__a", b"word", b"\xff", b" ", b"\t", b"\0", b"\v"])
LINES = st.lists(PIECES, max_size=12).map(b"".join)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"__label__a great film\n", b"great film"),
        (b"great __label__a film __label__b\n", b"great film"),
        (b"great film", b"great film"),
        (b"  great\tfilm\0\r\n", b"great film"),
        (b"a__label__b film", b"a__label__b film"),
        (b"__label__a\n", b""),
        (b"\n", b""),
    ],
)
def test_text_is_the_words_without_the_labels(line: bytes, text: bytes) -> None:
    assert text_of(line) == text


@given(LINES)
def test_short_cut_gives_what_looking_at_each_word_gives(line: bytes) -> None:
    words = line.replace(b"\0", b" ").split()

    assert text_of(line) == b" ".join(word for word in words if not word.startswith(b"__label__"))


def test_line_without_end_is_refused_with_its_number() -> None:
    file = io.BytesIO(b"__label__a one\n" + b"x" * (LONGEST_LINE_BYTES + 1))
    with pytest.raises(EvaluationError, match=r"Line 2 of train\.txt has more than 16 MiB"):
        list(read_lines(file, "train.txt"))
