"""The report's page: nothing in a review, a label or a key can become a part of it."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from lambdas.confidence.reliability import Reliability
from lambdas.evaluation.evaluate import Evaluated
from lambdas.evaluation.inputs import Inputs, StoredObject
from lambdas.evaluation.metrics import Metrics
from lambdas.evaluation.page import LARGEST_MATRIX, render
from lambdas.evaluation.properties import EvaluationProperties
from lambdas.evaluation.report import Report, make_report
from tests.unit.lambdas.evaluation.evaluation_harness import BUCKET, PROPERTIES, example

HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(2)>&lt;b&gt;\u202ereversed{{ 7*7 }}'


class Page(HTMLParser):
    """The words a reader sees, and every element."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "rect", "line"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text += " ".join(data.split()) + " "


def report(
    rows: list[tuple[str, str, float, str]],
    calibrated: Reliability | None = None,
    **properties: str,
) -> Report:
    """A report on rows of label, predicted label, confidence and text."""
    metrics = Metrics()
    for number, (label, predicted, confidence, text) in enumerate(rows, start=1):
        metrics.add(example(text, label, number=number), [(confidence, predicted)])
    given = EvaluationProperties.parse(PROPERTIES | properties)
    return make_report(
        given,
        Inputs(
            model=StoredObject(bucket=BUCKET, key=given.model.key, etag="0d18", size=82_598_233),
            data=StoredObject(bucket=BUCKET, key=given.evaluation_key, etag="d18a", size=3_321_367),
            calibrate=calibrated is not None,
        ),
        Evaluated(metrics=metrics, seconds=0.5),
        known_labels=["positive", "negative"],
        calibrated=calibrated,
    )


ROWS = [
    ("positive", "positive", 0.9, "a great film"),
    ("positive", "negative", 0.8, "not great"),
    ("negative", "negative", 0.95, "dull " * 30),
]


def elements(page: str, tag: str) -> list[dict[str, Any]]:
    return [attributes for name, attributes in Page(page).elements if name == tag]


def test_page_shows_the_figures() -> None:
    text = Page(render(report(ROWS))).text

    assert "0.6667 accuracy" in text
    assert "line 2: has positive , got negative with 0.8000 not great" in text
    assert "positive 1.0000 0.5000 0.6667 2" in text
    assert "82,598,233 bytes" in text


def test_review_text_stays_text() -> None:
    page = render(report([("positive", "negative", 0.9, HOSTILE)]))

    assert elements(page, "script") == elements(page, "img") == []
    shown = Page(page).text
    assert '<script>alert("1")</script>' in shown
    assert "{{ 7*7 }}" in shown
    assert "‹U+202E›reversed" in shown


@pytest.mark.parametrize("hostile", ['"><script>x</script>', "__x'onload='y"])
def test_label_and_key_stay_text(hostile: str) -> None:
    page = render(report([(hostile, "negative", 0.9, "a")], EvaluationKey=hostile))

    assert elements(page, "script") == []
    assert not any("onload" in attributes for _, attributes in Page(page).elements)
    assert hostile in Page(page).text


def test_page_loads_nothing_and_runs_nothing() -> None:
    page = render(report(ROWS))
    (policy,) = [
        attributes["content"]
        for attributes in elements(page, "meta")
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    assert "http" not in page.replace("http-equiv", "")
    assert not any(
        attribute in {"href", "src", "style"} or attribute.startswith("on")
        for _, attributes in Page(page).elements
        for attribute in attributes
    )


def test_same_report_gives_the_same_page() -> None:
    assert render(report(ROWS)) == render(report(ROWS))


def test_calibrated_confidence_has_a_diagram_of_its_own() -> None:
    better = Reliability()
    better.add(0.7, right=True)
    without, with_ = render(report(ROWS)), render(report(ROWS, calibrated=better))

    assert (len(elements(without, "svg")), len(elements(with_, "svg"))) == (
        len(elements(with_, "svg")) - 1,
        len(elements(without, "svg")) + 1,
    )
    assert "0.3000 calibrated" in Page(with_).text


def test_matrix_of_many_labels_shows_the_frequent_ones_and_says_so() -> None:
    rows = [(f"label{number}", f"label{number}", 0.9, "a") for number in range(25)]
    rows += [("label24", "label23", 0.9, "b")] * 3
    text = Page(render(report(rows))).text

    assert "label24 taken for label23: 3." in text
    assert f"{25 - LARGEST_MATRIX} rarer labels are not shown" in text


def test_report_without_mistakes_says_so() -> None:
    assert "There are none." in Page(render(report(ROWS[:1]))).text


def test_unknown_and_missing_labels_are_told() -> None:
    document = report([*ROWS, ("mixed", "positive", 0.5, "so so")])
    document["unlabelled"] = 7
    text = Page(render(document)).text

    assert "does not know the label of 1 rows, which count as wrong: mixed (1)" in text
    assert "7 lines without a label were left out" in text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (12, "12 of 2,490 evaluation texts also stand in the training file (0.5 %)."),
        (1, "1 of 2,490 evaluation texts also stands in the training file (0.0 %)."),
        (0, "None of 2,490 evaluation texts also stands in the training file (0.0 %)."),
    ],
)
def test_overlap_is_told_in_words(rows: int, words: str) -> None:
    document = report(ROWS)
    document["overlap"] = {"rows": rows, "texts": 2_490, "share": rows / 2_490}

    assert words in Page(render(document)).text


def test_training_file_is_described_beside_the_other_inputs() -> None:
    document = report(ROWS)
    document["training"] = {"key": HOSTILE, "etag": "b6f1", "bytes": 98_765_432}
    page = render(document)

    assert elements(page, "script") == []
    assert "‹U+202E›reversed{{ 7*7 }} ETag b6f1, 98,765,432 bytes" in Page(page).text


def test_page_without_a_version_of_the_normaliser_does_not_speak_of_it() -> None:
    assert "normaliser" not in Page(render(report(ROWS))).text
