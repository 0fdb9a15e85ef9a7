"""The words that stand at the head of a model.bin."""

import io
from pathlib import Path

import fasttext
import pytest

from lambdas.confidence.vocabulary import hash_of
from lambdas.evaluation import dictionary
from lambdas.evaluation.dictionary import DictionaryError, read_words
from tests.unit.lambdas.evaluation.evaluation_harness import train
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = reviews(200) + "__label__positive żółć 好 " + "w" * 100_000 + "\n"
    return train(tmp_path_factory.mktemp("model"), text)


def test_words_and_counts_are_fasttexts_own(model: Path) -> None:
    words, counts = fasttext.load_model(str(model)).get_words(include_freq=True)
    own = {
        hash_of(word.encode()): count
        for word, count in zip(words, counts.tolist(), strict=True)
        if word != "</s>"
    }

    with model.open("rb") as file:
        assert dict(read_words(file)) == own


def test_labels_are_no_words(model: Path) -> None:
    with model.open("rb") as file:
        assert hash_of(b"__label__positive") not in dict(read_words(file))


def test_most_frequent_words_alone_are_read(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with model.open("rb") as file:
        every = sorted((count for _, count in read_words(file)), reverse=True)
        monkeypatch.setattr(dictionary, "MOST_WORDS", 5)
        file.seek(0)
        few = [count for _, count in read_words(file)]

    # The end of a line is an entry as well.
    assert sorted(few, reverse=True) == every[: len(few)]
    assert len(few) in {4, 5}


def test_no_more_is_read_than_the_dictionary(model: Path) -> None:
    content = model.read_bytes()
    file = io.BytesIO(content + b"\0" * 10_000_000)
    list(read_words(file))

    assert file.tell() < len(content) + 100_000


@pytest.mark.parametrize("length", [0, 7, 91, 92, 100, 1_000])
def test_file_that_ends_too_soon_is_refused(model: Path, length: int) -> None:
    with pytest.raises(DictionaryError):
        list(read_words(io.BytesIO(model.read_bytes()[:length])))


def test_other_file_is_refused(model: Path) -> None:
    with pytest.raises(DictionaryError, match="does not begin"):
        list(read_words(io.BytesIO(b"PK" + model.read_bytes()[2:])))


def test_word_without_an_end_is_refused_before_it_fills_the_memory(model: Path) -> None:
    head = model.read_bytes()[:92]
    file = io.BytesIO(head + b"w" * 10_000_000)
    with pytest.raises(DictionaryError):
        list(read_words(file))

    assert file.tell() < 2_000_000
