"""What the short texts in the sample's training file are worth, on sentences that it has not seen.

    python -m benchmarks.short_texts [--test FILE]

A third of the sentences (`data_prep/dataset/short_texts.py`), drawn by a hash of the text, is held
out of the training file; a tenth of the sample's reviews is the validation channel. FILE is IMDB's
test half (CSV, gzip or not, columns `text` and `label`); texts of it that also stand in the sample
are left out. Training is the embedded AWS's stand-in for BlazingText with the stack's defaults.
"""

import argparse
import hashlib
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.accuracy import (
    EMOTICONS,
    VALIDATION_FRACTION,
    Line,
    Variant,
    default_hyperparameters,
    read,
    train_model,
    write,
)
from data_prep.dataset.lexicon import NEGATIVE, POSITIVE
from data_prep.dataset.short_texts import SHORT_TEXT_REPETITIONS, nothing_lines, short_text_lines
from data_prep.reading.layout import SAMPLE, sample_file
from review_text.rules import NEGATED

LABELS = (NEGATIVE, POSITIVE)
SEED = 5


def sentences_and_words() -> tuple[list[Line], list[Line]]:
    """The short texts, told apart by their form; the sentences in the order of their hashes."""
    lines = short_text_lines(LABELS)
    words = [line for line in lines if " " not in line[1] or line[1].startswith(f"not {NEGATED}")]
    known = set(words)
    sentences = [line for line in lines if line not in known]
    return sorted(sentences, key=lambda line: hashlib.blake2b(line[1].encode()).digest()), words


def trained(train: list[Line], validation: list[Line], added: Iterable[Line]) -> Any:
    """The model that a training job would leave."""
    lines = [*Variant(name="").training_lines(train), *added]
    # As the product does, which spreads what it adds over the file.
    random.Random(SEED).shuffle(lines)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write(root / "input/data/train/train.txt", lines)
        write(root / "input/data/validation/validation.txt", validation)
        return train_model(root, default_hyperparameters())


def accuracy(model: Any, lines: list[Line]) -> float:
    """The share of the lines that the model labels right."""
    answers = model.predict([text for _, text in lines])[0]
    right = [
        answer[0] == f"__label__{label}" for answer, (label, _) in zip(answers, lines, strict=True)
    ]
    return fmean(right) if right else float("nan")


def main() -> None:
    """Print one row for each training file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--test", type=Path, metavar="FILE")
    parser.add_argument("--runs", type=int, default=2, help="trainings a row (default: 2)")
    options = parser.parse_args()
    reviews = read(sample_file(), ["text"], "label", header=True, labels=SAMPLE.labels)
    sentences, words = sentences_and_words()
    texts = {text for _, text in sentences}
    reviews = [line for line in reviews if line[1] not in texts]
    test = (
        read(options.test, ["text"], "label", header=True, labels=SAMPLE.labels)
        if options.test
        else []
    )
    seen = {text for _, text in reviews}
    test = [line for line in test if line[1] not in seen]
    cut = round(len(reviews) * VALIDATION_FRACTION)
    validation, train = reviews[:cut], reviews[cut:]
    third = len(sentences) // 3
    held_out, shown = sentences[:third], sentences[third:]
    nothing = nothing_lines(LABELS)
    rows = {
        "without short texts": [],
        "sentences": shown * SHORT_TEXT_REPETITIONS,
        "words": words * SHORT_TEXT_REPETITIONS,
        "sentences and words": [*shown, *words] * SHORT_TEXT_REPETITIONS,
        "and what says nothing: the sample": [*[*shown, *words] * SHORT_TEXT_REPETITIONS, *nothing],
    }
    table = Table("", "IMDB test", "sentences held out", "emoticons")
    for name, added in rows.items():
        models = [trained(train, validation, added) for _ in range(options.runs)]
        right = [
            sum(
                model.predict([emoticon])[0][0][0] == f"__label__{label}"
                for emoticon, label in EMOTICONS.items()
            )
            for model in models
        ]
        table.add_row(
            name,
            f"{fmean(accuracy(model, test) for model in models):.4f}",
            f"{fmean(accuracy(model, held_out) for model in models):.4f}",
            f"{min(right)} of {len(EMOTICONS)}",
        )
    console = Console(width=110)
    console.print(table)
    console.print(
        f"{len(train):,} / {len(validation):,} / {len(test):,} reviews, {len(shown):,} / "
        f"{len(held_out):,} sentences, {options.runs} trainings a row"
    )


if __name__ == "__main__":
    main()
