"""The evaluation's figures are those of fastText's own `test`."""

import io
from pathlib import Path

import fasttext
import fasttext_pybind  # type: ignore[import-not-found]
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambdas.evaluation.deadline import Deadline
from lambdas.evaluation.errors import EvaluationError
from lambdas.evaluation.evaluate import evaluate
from lambdas.evaluation.examples import LONGEST_LINE_BYTES, read_examples
from lambdas.evaluation.metrics import Metrics
from lambdas.evaluation.model import FastTextModel
from tests.unit.lambdas.evaluation.evaluation_harness import train
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews

WORDS = ["great", "lovely", "awful", "dull", "a", "film", ":)", "¬good", "é", "__label", "\0", "\r"]
LINE = st.tuples(
    st.lists(st.sampled_from(["__label__positive", "__label__negative"]), max_size=2, unique=True),
    st.lists(st.sampled_from([*WORDS, "\t", "\f", "\v", " "]), max_size=12),
)


@pytest.fixture(scope="module")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    noisy = reviews(60) + "__label__positive awful film\n__label__negative great great\n" * 8
    return train(tmp_path_factory.mktemp("model"), noisy)


def measured(model_file: Path, content: bytes) -> Metrics:
    return evaluate(
        FastTextModel(model_file),
        read_examples(io.BytesIO(content), "test.txt"),
        name="test.txt",
        size=len(content),
        deadline=Deadline(lambda: 840),
    ).metrics


def fasttext_test(model_file: Path, text_file: Path) -> tuple[int, float]:
    model = fasttext_pybind.fasttext()
    model.loadModel(str(model_file))
    rows, precision, _ = model.test(str(text_file), 1, 0.0)
    return rows, precision


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=30), ending=st.sampled_from(["\n", "\r\n"]))
def test_accuracy_is_fasttexts_own(
    model_file: Path, tmp_path: Path, lines: list[tuple[list[str], list[str]]], ending: str
) -> None:
    content = "".join(" ".join([*labels, *words]) + ending for labels, words in lines).encode()
    if not any(labels for labels, _ in lines):
        return
    file = tmp_path / "test.txt"
    file.write_bytes(content)
    metrics = measured(model_file, content)

    assert (metrics.rows, metrics.accuracy) == pytest.approx(fasttext_test(model_file, file))


def test_last_line_needs_no_line_break(model_file: Path, tmp_path: Path) -> None:
    content = reviews(9).encode() + b"__label__positive great awful"
    file = tmp_path / "test.txt"
    file.write_bytes(content)
    metrics = measured(model_file, content)

    assert (metrics.rows, metrics.accuracy) == pytest.approx(fasttext_test(model_file, file))


def test_label_that_the_model_does_not_know_counts_as_wrong(model_file: Path) -> None:
    metrics = measured(model_file, reviews(6).encode() + b"__label__mixed great\n")

    assert metrics.rows == 7
    assert sum(rows for (label, _), rows in metrics.confusion.items() if label == "mixed") == 1
    assert metrics.right <= 6


def test_bytes_that_are_no_utf8_are_read_as_fasttext_reads_them(
    model_file: Path, tmp_path: Path
) -> None:
    content = b"__label__positive gr\xe9at great\n__label__negative \xff awful\n"
    file = tmp_path / "test.txt"
    file.write_bytes(content)

    assert measured(model_file, content).accuracy == fasttext_test(model_file, file)[1]


def test_file_without_labels_is_refused(model_file: Path) -> None:
    with pytest.raises(EvaluationError, match=r"None of the 2 lines of test\.txt has a label"):
        measured(model_file, b"great\nawful\n")


def test_file_without_line_breaks_is_refused_before_it_fills_the_memory(model_file: Path) -> None:
    with pytest.raises(EvaluationError, match=r"Line 1 of test\.txt has more than 16 MiB"):
        measured(model_file, b"a" * (2 * LONGEST_LINE_BYTES))


def test_evaluation_stops_in_time_and_says_how_far_it_came(model_file: Path) -> None:
    left = iter([840.0, *[800.0 - 100 * look for look in range(20)]])
    content = reviews(10_000).encode()
    with pytest.raises(EvaluationError) as refused:
        evaluate(
            FastTextModel(model_file),
            read_examples(io.BytesIO(content), "test.txt"),
            name="test.txt",
            size=len(content),
            deadline=Deadline(lambda: next(left)),
        )

    assert "stopped after 1,024 rows" in str(refused.value)
    assert "about 8,9" in str(refused.value)
    assert "rows/s" in str(refused.value)
    assert "EvaluationKey" in str(refused.value)


def test_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"something else" * 9)
    with pytest.raises(EvaluationError, match="no supervised fastText model"):
        FastTextModel(tmp_path / "model.bin")


def test_model_that_was_cut_off_is_refused(model_file: Path, tmp_path: Path) -> None:
    content = model_file.read_bytes()
    (tmp_path / "model.bin").write_bytes(content[: len(content) // 2])
    with pytest.raises(EvaluationError, match=r"incomplete|no supervised"):
        FastTextModel(tmp_path / "model.bin")


def test_model_of_word_vectors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("some words in a line\n" * 20)
    vectors = fasttext.train_unsupervised(
        str(tmp_path / "text.txt"), dim=2, minCount=1, bucket=10, epoch=1, thread=1, verbose=0
    )
    vectors.save_model(str(tmp_path / "model.bin"))
    with pytest.raises(EvaluationError, match="no supervised fastText model"):
        FastTextModel(tmp_path / "model.bin")
