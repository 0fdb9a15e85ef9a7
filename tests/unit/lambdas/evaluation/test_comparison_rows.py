"""The rows that an endpoint is asked, to know whether its container reads a text as assumed."""

import io

import pytest

from lambdas.evaluation.comparison_rows import LABELS, LONGEST_BYTES, ROWS, ComparisonRows
from lambdas.evaluation.examples import read_examples
from lambdas.evaluation.model import Prediction


class Model:
    """Says how long a text is, and a little more with a line break; the more, the shorter."""

    def __init__(self, labels: int = 2) -> None:
        self._labels = labels

    def predict(self, line: bytes) -> Prediction:
        text = line.rstrip(b"\n")
        ended = 0.1 if line.endswith(b"\n") else 0.0
        first = 0.5 + ended / (1 + len(text))
        others = [(0.4 / number, f"l{number}") for number in range(1, self._labels)]
        return [(first, "long"), *others]


def chosen(*lines: bytes, model: Model | None = None) -> list[dict[str, object]]:
    asked = model or Model()
    rows = ComparisonRows()
    for example in read_examples(io.BytesIO(b"".join(lines)), "test.txt"):
        rows.add(example, asked.predict(example.line) if example.labels else [])
    return rows.choose(asked)


def test_row_has_both_answers_and_the_text_as_the_model_reads_it() -> None:
    (row,) = chosen(b"__label__long  great\tfilm \n")
    assert row == {
        "line": 1,
        "text": "great film",
        "scores": {"long": pytest.approx(0.5 + 0.1 / 11), "l1": 0.4},
        "without_line_break": {"long": 0.5, "l1": 0.4},
    }


def test_ten_rows_on_which_the_line_break_matters_most_are_chosen_in_the_files_order() -> None:
    lines = [b"__label__long " + b"a" * (40 - number) + b"\n" for number in range(30)]
    assert [row["line"] for row in chosen(*lines)] == list(range(21, 31))


def test_rows_are_few_of_a_large_file() -> None:
    assert len(chosen(*[b"__label__long text\n"] * 5_000)) == ROWS


@pytest.mark.parametrize(
    "line",
    [
        b"no label\n",
        b"__label__long\n",
        b"__label__long \xff\xfe\n",
        b"__label__long " + b"a" * LONGEST_BYTES + b"\n",
    ],
    ids=["no label", "no text", "no UTF-8", "too long"],
)
def test_row_that_could_not_be_asked_is_left_out(line: bytes) -> None:
    assert chosen(line) == []


def test_labels_are_bounded() -> None:
    (row,) = chosen(b"__label__long text\n", model=Model(labels=1_000))
    assert len(row["scores"]) == LABELS  # type: ignore[arg-type]


def test_label_that_only_the_line_break_brings_has_no_probability_without_it() -> None:
    class OnlyBreaks(Model):
        def predict(self, line: bytes) -> Prediction:
            return super().predict(line) if line.endswith(b"\n") else []

    (row,) = chosen(b"__label__long text\n", model=OnlyBreaks())
    assert row["without_line_break"] == {"long": 0.0, "l1": 0.0}
