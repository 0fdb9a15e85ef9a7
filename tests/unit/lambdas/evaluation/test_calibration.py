"""What a calibration is fitted and measured on."""

import math
import random

import pytest

from lambdas.confidence import NONE, Calibration
from lambdas.confidence.reliability import Reliability
from lambdas.evaluation.calibration import MOST_EXAMPLES, CalibrationSample
from tests.unit.lambdas.evaluation.evaluation_harness import example


def overconfident(rows: int) -> tuple[CalibrationSample, Reliability]:
    """A model whose log-odds are three times what they should be; labels take turns."""
    source = random.Random(1)  # noqa: S311 - repeatable rows, not a secret
    sample, before = CalibrationSample(), Reliability()
    for number in range(rows):
        label = ("positive", "negative")[number % 2]
        odds = source.uniform(0, 3)
        right = source.random() < 1 / (1 + math.exp(-odds))
        predicted = label if right else {"positive": "negative", "negative": "positive"}[label]
        other = "negative" if predicted == "positive" else "positive"
        confidence = 1 / (1 + math.exp(-3 * odds))
        sample.add(
            example("word " * 100, label), [(confidence, predicted), (1 - confidence, other)]
        )
        before.add(confidence, right=right)
    return sample, before


def test_calibration_lowers_the_error_on_rows_that_it_was_not_fitted_on() -> None:
    sample, before = overconfident(6_000)
    fitted = sample.fit()

    assert before.expected_calibration_error > 0.1
    assert fitted.reliability.expected_calibration_error < 0.03


def test_every_row_is_measured_once() -> None:
    sample, _ = overconfident(501)

    assert sum(part.rows for part in sample.fit().reliability.bins) == 501


def test_settings_are_what_the_api_reads() -> None:
    sample, _ = overconfident(2_000)

    assert Calibration.from_json(sample.fit().settings) != NONE


def test_same_rows_give_the_same_settings() -> None:
    assert overconfident(2_000)[0].fit().settings == overconfident(2_000)[0].fit().settings


def test_few_rows_are_enough_for_texts_to_be_unsure() -> None:
    sample, _ = overconfident(10)

    assert Calibration.from_json(sample.fit().settings).unsure_below == 0.6


def test_no_rows_leave_the_model_as_it_is() -> None:
    assert Calibration.from_json(CalibrationSample().fit().settings) == NONE


def test_lines_without_label_or_answer_are_left_out() -> None:
    sample = CalibrationSample()
    sample.add(example("no label"), [(1.0, "positive")])
    sample.add(example("no answer", "positive"), [])

    assert sum(part.rows for part in sample.fit().reliability.bins) == 0


def test_label_that_the_model_does_not_know_is_measured_as_wrong() -> None:
    sample = CalibrationSample()
    sample.add(example("so so", "mixed"), [(0.9, "positive"), (0.1, "negative")])
    (part,) = [part for part in sample.fit().reliability.bins if part.rows]

    assert part.accuracy == 0.0
    assert part.confidence == pytest.approx(0.9, abs=0.01)


@pytest.mark.parametrize(("labels", "most"), [(2, MOST_EXAMPLES), (1_000, 1_000)])
def test_memory_is_bounded_whatever_the_file(labels: int, most: int) -> None:
    sample = CalibrationSample()
    prediction = [(1 / labels, str(label)) for label in range(labels)]
    line = example("a word", "0")
    for _ in range(most + 500):
        sample.add(line, prediction)

    assert sum(part.rows for part in sample.fit().reliability.bins) == most
