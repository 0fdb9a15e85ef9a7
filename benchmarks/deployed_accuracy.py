"""How often the deployed API is right on labelled reviews that its model has never seen.

Deploy a tier on the embedded AWS and train it on reviews of your own, for example

    make deploy TIER=Sandbox
    make retrain TIER=Sandbox DATA=imdb_train.csv.gz OPTIONS="--preset imdb"

and then ask it about others: every text goes through the gateway, the Lambda and the endpoint.

    python -m benchmarks.deployed_accuracy --test imdb_test.csv.gz --train imdb_train.csv.gz \
        --preset imdb

Texts that also stand in the training data are left out (--train). At the end come the emoticons,
alone and without a word beside them.
"""

import argparse
import math
import os
import platform
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import requests
from rich.console import Console
from rich.progress import track

from benchmarks.accuracy import EMOTICONS
from benchmarks.api import lift_throttle
from data_prep.reading.layout import PRESETS, Layout, preset
from data_prep.reading.sources import find_files, read_pieces
from deployment.tier_stacks import TierStacks
from lambdas.sentiment_api.limits import MAX_BODY_BYTES, MAX_TEXT_CHARACTERS, MAX_TEXTS
from local_aws.api_url import local_api_url
from review_text import normalise

Review = tuple[str, str]
"""Label and text."""


def read(file: Path, layout: Layout) -> Iterator[Review]:
    """The rows that have a label and a text."""
    for source in find_files(file):
        for piece in read_pieces(source, layout):
            for row in piece.rows(layout.needed).iter_rows(named=True):
                label = layout.labels.names.get(row[layout.label] or "")
                text = " ".join(row[name] for name in layout.text if row[name])
                if label and normalise(text):
                    yield label, text


def batches(reviews: list[Review]) -> Iterator[list[Review]]:
    """As many at a time as a request may hold; JSON may double a text."""
    batch: list[Review] = []
    size = 0
    for review in reviews:
        length = 2 * len(review[1].encode())
        if batch and (len(batch) == MAX_TEXTS or size + length > MAX_BODY_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(review)
        size += length
    if batch:
        yield batch


def ask(session: requests.Session, url: str, texts: list[str]) -> dict[str, Any]:
    """The API's answer."""
    answer = session.post(url, json={"instances": texts}, timeout=60)
    answer.raise_for_status()
    reply: dict[str, Any] = answer.json()
    return reply


def main() -> None:
    """Print what was right."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--test", type=Path, required=True, help="labelled reviews")
    parser.add_argument("--train", type=Path, help="what the model was trained on")
    parser.add_argument("--preset", choices=PRESETS, required=True)
    parser.add_argument("--tier", default="Sandbox")
    options = parser.parse_args()
    layout = preset(options.preset, 2)
    seen = {normalise(text) for _, text in read(options.train, layout)} if options.train else set()
    every = list(read(options.test, layout))
    # The API refuses longer texts, which nobody should count as right or wrong.
    reviews = [(label, text) for label, text in every
               if normalise(text) not in seen and len(text) <= MAX_TEXT_CHARACTERS]  # fmt: skip
    lift_throttle(10_000)
    stacks = TierStacks(options.tier)
    session = requests.Session()
    session.headers["x-api-key"] = stacks.api_key()
    url = f"{local_api_url(os.environ['AWS_ENDPOINT_URL'], options.tier)}sentiment"
    right = 0
    start = time.perf_counter()
    console = Console(width=100)
    for batch in track(list(batches(reviews)), "asking", console=console, transient=True):
        answer = ask(session, url, [text for _, text in batch])
        # The best label, also where the API calls the text unsure.
        labels = [max(result["scores"], key=result["scores"].get) for result in answer["results"]]
        right += sum(mine == label for mine, (label, _) in zip(labels, batch, strict=True))
    seconds = time.perf_counter() - start
    answer = ask(session, url, list(EMOTICONS))
    emoticons = [max(result["scores"], key=result["scores"].get) for result in answer["results"]]
    accuracy = right / len(reviews)
    console.print(f"model: {answer['model']}", soft_wrap=True)
    console.print(
        f"{right:,} of {len(reviews):,} right: accuracy {accuracy:.4f}, standard error "
        f"{math.sqrt(accuracy * (1 - accuracy) / len(reviews)):.4f} ({seconds:.0f} s; left out as "
        f"seen in training or too long: {len(every) - len(reviews):,})"
    )
    known = sum(one == other for one, other in zip(emoticons, EMOTICONS.values(), strict=True))
    console.print(f"{known} of {len(EMOTICONS)} emoticons right: {' '.join(EMOTICONS)}")
    console.print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
