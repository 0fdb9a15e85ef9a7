"""What preparation and hyperparameters are worth, on your own reviews.

    python -m benchmarks.accuracy --train FILE [--test FILE] --text title,text --label stars \
        --map 1,2=negative --map 4,5=positive

FILE is a CSV file (`.gz` or not) with a header; without one, `--no-header` and column numbers that
count from 0. Preparation is the product's own, training is the embedded AWS's stand-in for the
BlazingText container with the stack's default hyperparameters. A tenth of the training texts, drawn
by a hash of the text, is the validation channel, which decides (as in a training job) which epoch
is kept; the test file is looked at once, by the finished model. Texts that also stand in the
training file are left out of it. Without --test, a fifth of the training file takes its place: this
is how to choose anything without looking at a test file.
"""

import argparse
import csv
import gzip
import hashlib
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

import fasttext
from rich.console import Console
from rich.table import Table

from data_prep.dataset.emoticons import EMOTICON_REPETITIONS, emoticon_lines
from data_prep.dataset.lexicon import NEGATIVE, POSITIVE
from data_prep.reading.labels import LabelMap, parse_label_map
from review_text import normalise
from review_text.parts import training_parts
from review_text.rules import NEGATED
from stacks.training_parameters import HYPERPARAMETERS

Line = tuple[str, str]
"""Label and normalised text."""

VALIDATION_FRACTION = 0.1
TEST_FRACTION = 0.2
EMOTICONS = dict.fromkeys([":)", "(:", "=)", ":-)"], POSITIVE) | dict.fromkeys(
    [":(", "):", "=(", ":-("], NEGATIVE
)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the table: the product's defaults, with some of them changed."""

    name: str
    negation: bool = True
    emoticons: bool = True
    parts: bool = True
    hyperparameters: dict[str, str] = field(default_factory=dict)

    def text(self, tokens: str) -> str:
        """What the model sees of a normalised text."""
        return tokens if self.negation else tokens.replace(NEGATED, "")

    def training_lines(self, lines: Iterable[Line]) -> Iterator[Line]:
        """The training file's lines."""
        labels = set()
        for label, tokens in lines:
            labels.add(label)
            text = self.text(tokens)
            for part in training_parts(text) if self.parts else [text]:
                yield label, part
        if self.emoticons:
            yield from emoticon_lines(labels) * EMOTICON_REPETITIONS


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one training came to."""

    validation: float
    test: float
    emoticons: int
    seconds: float


def read(file: Path, text: list[str], label: str, *, header: bool, labels: LabelMap) -> list[Line]:
    """Distinct normalised texts that have one label only, in the order of their hashes."""
    csv.field_size_limit(1 << 30)
    opener: Callable[..., Iterable[str]] = gzip.open if file.suffix == ".gz" else open
    found: dict[str, set[str]] = {}
    rows = csv.reader(opener(file, "rt", encoding="utf-8", newline=""))
    names = next(rows) if header else None
    at = [names.index(name) if names else int(name) for name in (*text, label)]
    for row in rows:
        *texts, value = (row[column] for column in at)
        name = labels.names.get(value) if labels.names else value
        if name and (tokens := normalise(" ".join(texts))):
            found.setdefault(tokens, set()).add(name)
    ordered = sorted(found, key=lambda tokens: hashlib.blake2b(tokens.encode()).digest())
    return [(min(found[tokens]), tokens) for tokens in ordered if len(found[tokens]) == 1]


def write(file: Path, lines: Iterable[Line]) -> None:
    """A channel's file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8", newline="\n") as output:
        output.writelines(f"__label__{label} {text}\n" for label, text in lines)


def default_hyperparameters() -> dict[str, str]:
    """The stack's."""
    defaults = {each.name: str(each.default) for each in HYPERPARAMETERS}
    return {"mode": "supervised"} | defaults


def train_model(root: Path, hyperparameters: dict[str, str]) -> Any:
    """The model that a training job leaves whose channels are written under `root`.

    Raises:
        SystemExit: training failed; the message holds its log.
    """
    config = root / "input/config"
    config.mkdir()
    channels = {name: {"TrainingInputMode": "File"} for name in ("train", "validation")}
    (config / "hyperparameters.json").write_text(json.dumps(hyperparameters))
    (config / "inputdataconfig.json").write_text(json.dumps(channels))
    (config / "resourceconfig.json").write_text(json.dumps({"hosts": ["algo-1"]}))
    log = root / "log.txt"
    # An open standard input is the trainer's lifeline: it ends with us.
    with (
        log.open("w") as output,
        subprocess.Popen(
            [sys.executable, "-m", "local_aws.blazingtext.train"],
            env=os.environ | {"SM_ML_ROOT": str(root)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as job,
    ):
        status = job.wait()
    if status:
        raise SystemExit(f"training failed:\n{log.read_text()}")
    return fasttext.load_model(str(root / "model/model.bin"))


def measure(
    variant: Variant, train: list[Line], validation: list[Line], test: list[Line]
) -> Outcome:
    """Train as a training job does, and ask the model that it leaves."""
    hyperparameters = default_hyperparameters() | variant.hyperparameters
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write(root / "input/data/train/train.txt", variant.training_lines(train))
        for name, lines in (("validation", validation), ("test", test)):
            write(
                root / f"input/data/{name}/{name}.txt",
                ((label, variant.text(tokens)) for label, tokens in lines),
            )
        start = time.perf_counter()
        model = train_model(root, hyperparameters)
        seconds = time.perf_counter() - start
        return Outcome(
            validation=model.test(str(root / "input/data/validation/validation.txt"))[1],
            test=model.test(str(root / "input/data/test/test.txt"))[1],
            emoticons=sum(
                model.predict([emoticon])[0][0][0] == f"__label__{label}"
                for emoticon, label in EMOTICONS.items()
            ),
            seconds=seconds,
        )


def variants(changes: list[str]) -> list[Variant]:
    """The defaults, each part of the preparation left out, and the hyperparameters asked for."""
    return [
        Variant(name="the defaults"),
        Variant(name="without negation marks", negation=False),
        Variant(name="without parts of texts", parts=False),
        Variant(name="without emoticons", emoticons=False),
        Variant(name="none of the three", negation=False, parts=False, emoticons=False),
        *(
            Variant(
                name=change, hyperparameters=dict(pair.split("=", 1) for pair in change.split(","))
            )
            for change in changes
        ),
    ]


def add_review_options(parser: argparse.ArgumentParser) -> None:
    """Declare which reviews are read, and how."""
    parser.add_argument("--train", type=Path, required=True, metavar="FILE")
    parser.add_argument("--test", type=Path, metavar="FILE")
    parser.add_argument("--text", default="text", metavar="COLUMN[,COLUMN]")
    parser.add_argument("--label", default="label", metavar="COLUMN")
    parser.add_argument("--map", action="append", default=[], metavar="VALUE[,VALUE]=LABEL")
    parser.add_argument("--no-header", action="store_true", help="columns are numbers from 0")


def read_reviews(options: argparse.Namespace) -> tuple[list[Line], list[Line] | None]:
    """The training texts and, if a test file is named, its texts that are not among them."""
    columns = options.text.split(","), options.label
    labels, header = parse_label_map(options.map), not options.no_header
    train = read(options.train, *columns, header=header, labels=labels)
    if not options.test:
        return train, None
    seen = {text for _, text in train}
    lines = read(options.test, *columns, header=header, labels=labels)
    return train, [line for line in lines if line[1] not in seen]


def main() -> None:
    """Print one row for each variant."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_review_options(parser)
    parser.add_argument("--runs", type=int, default=2, help="trainings a row (default: 2)")
    parser.add_argument("--only", type=int, metavar="N", help="the first N rows only")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE[,NAME=VALUE]",
        help="one more row, with these hyperparameters of BlazingText",
    )
    options = parser.parse_args()
    train, test = read_reviews(options)
    if test is None:
        cut = round(len(train) * TEST_FRACTION)
        test, train = train[:cut], train[cut:]
    cut = round(len(train) * VALIDATION_FRACTION)
    validation, train = train[:cut], train[cut:]
    held_out = "test" if options.test else "held out"
    table = Table("", "validation", held_out, "standard error", "emoticons", "seconds")
    for variant in variants(options.set)[: options.only]:
        runs = [measure(variant, train, validation, test) for _ in range(options.runs)]
        accuracy = fmean(run.test for run in runs)
        table.add_row(
            variant.name,
            f"{fmean(run.validation for run in runs):.4f}",
            f"{accuracy:.4f}",
            f"{math.sqrt(accuracy * (1 - accuracy) / len(test)):.4f}",
            f"{min(run.emoticons for run in runs)} of {len(EMOTICONS)}",
            f"{fmean(run.seconds for run in runs):.1f}",
        )
    console = Console(width=110)
    console.print(table)
    console.print(
        f"{len(train):,} / {len(validation):,} / {len(test):,} texts, {options.runs} trainings a "
        f"row; {date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
