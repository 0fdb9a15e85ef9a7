"""Data preparation on generated Amazon reviews: seconds and peak memory, against its peers.

    python -m benchmarks.data_prep [--rows 650000]

Each contestant runs in a process of its own, one after the other, on the same file:

- `data_prep prepare`: everything on;
- pandas and Python's `re`: the same work with the normaliser that the API uses;
- bare Polars: only the regular expressions, streaming from file to file.

The memory is the peak resident set that the operating system accounts to the process.
"""

import argparse
import hashlib
import itertools
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROWS = 650_000
VOCABULARY = 30_000
SENTENCES = 20_000
SEED = 3
LENGTH = 1.62
UNICODE = 0.1
COLUMNS = ["class", "title", "text"]
STARS = {"1": "negative", "2": "negative", "4": "positive", "5": "positive"}


def generate(file: Path, rows: int) -> None:
    """Reviews in the Amazon format, 500 bytes on average; the same bytes every time.

    Every 50th text occurs twice, some of them with two labels, and 5 rows of 10,000 are bad.
    """
    random_ = random.Random(SEED)  # noqa: S311
    sentences = _sentences(random_)
    with file.open("wb") as output:
        star, title, text = "5", "Great", "It works."
        for number in range(rows):
            if number % 50:
                count = max(1, min(30, round(random_.lognormvariate(LENGTH, 0.6))))
                title = random_.choice(sentences)[:40].replace('"', "").strip()
                text = " ".join(random_.choices(sentences, k=count))
                star = random_.choice("12345")
            elif number % 500 == 0:
                star = "1"
            line = f'"{star}","{title}","{text}"\n'.encode()
            if number % 10_000 in _DAMAGE:
                line = _DAMAGE[number % 10_000](line)
            output.write(line)


def _sentences(random_: random.Random) -> list[str]:
    """Words by Zipf's law, with the punctuation, markup and signs of real reviews."""
    letters = "etaoinshrdlucmfwypvbgk"
    weights = [1 / (rank + 1) for rank in range(len(letters))]
    words = [
        "".join(random_.choices(letters, weights, k=1 + number % 9)) for number in range(VOCABULARY)
    ]
    cumulative = [*itertools.accumulate(1 / (rank + 2) for rank in range(VOCABULARY))]
    extras = [" don't", " it's", ", but", " (really)", " :)", " café", " “so”", ' "great"',
              "<br />", " &amp;", "...", " 8/10", " \U0001f600", " can’t", "\\n"]  # fmt: skip
    in_ascii = [extra for extra in extras if extra.isascii()]
    made = []
    for _ in range(SENTENCES):
        chosen = random_.choices(words, cum_weights=cumulative, k=random_.randint(3, 22))
        if random_.random() < 0.5:
            at = random_.randrange(len(chosen))
            chosen[at] += random_.choice(
                extras if random_.random() < UNICODE else in_ascii
            ).replace('"', '""')
        made.append(" ".join(chosen).capitalize() + random_.choice(".....!?"))
    return made


_DAMAGE: dict[int, Callable[[bytes], bytes]] = {
    1_111: lambda line: line.replace(b" ", b' "not doubled" ', 1),
    3_333: lambda line: line[:-1] + b',"one more"\n',
    5_555: lambda line: line.replace(b" ", b" caf\xe9 ", 1),
    7_777: lambda _: b'"5"," "," . "\n'.replace(b".", b""),
    9_999: lambda _: b'"4","no text at all"\n',
}


def ours(file: Path, out: Path) -> None:
    """The command itself."""
    from data_prep.__main__ import main  # noqa: PLC0415

    assert main(["prepare", str(file), "--preset", "amazon-full", "--out", str(out)]) == 0


def with_pandas(file: Path, out: Path) -> None:
    """The same work, as one would write it in pandas."""
    import pandas as pd  # noqa: PLC0415

    from review_text import normalise  # noqa: PLC0415

    frame = pd.read_csv(
        file, header=None, names=COLUMNS, dtype=str, keep_default_na=False, on_bad_lines="skip",
        encoding_errors="replace",
    )  # fmt: skip
    frame["label"] = frame["class"].map(STARS)
    frame = frame.dropna(subset=["label"])
    frame["tokens"] = [normalise(text) for text in frame["title"] + " " + frame["text"]]
    frame = frame[frame["tokens"] != ""]
    frame = frame[frame.groupby("tokens")["label"].transform("nunique") == 1]
    frame = frame.drop_duplicates("tokens")
    frame["key"] = [hashlib.md5(text.encode()).digest() for text in frame["tokens"]]  # noqa: S324
    frame = frame.sort_values("key")
    lines = "__label__" + frame["label"] + " " + frame["tokens"]
    test = int(len(lines) * 0.1)
    out.mkdir()
    for name, part in (("test.txt", lines[:test]), ("train.txt", lines[test:])):
        (out / name).write_text("\n".join(part) + "\n", encoding="utf-8")


def bare_polars(file: Path, out: Path) -> None:
    """The regular expressions and nothing else: no check, no duplicates, no split, no order."""
    import polars as pl  # noqa: PLC0415

    from review_text import RULES, replacement_for  # noqa: PLC0415

    frame = pl.scan_csv(
        file, has_header=False, schema=dict.fromkeys(COLUMNS, pl.String), encoding="utf8-lossy",
        truncate_ragged_lines=True, ignore_errors=True,
    )  # fmt: skip
    tokens = pl.concat_str(
        pl.lit(" "), "title", pl.lit(" "), "text", pl.lit(" "), ignore_nulls=True
    )
    tokens = tokens.str.to_lowercase()
    for rule in RULES:
        tokens = tokens.str.replace_all(rule.pattern, replacement_for(rule, group="${1}"))
    out.mkdir()
    frame.filter(pl.col("class").is_in(list(STARS))).select("class", tokens=tokens).sink_csv(
        out / "all.txt",
        include_header=False,
        separator=" ",
        quote_style="never",
        engine="streaming",
    )


CONTESTANTS: dict[str, Callable[[Path, Path], None]] = {
    "data_prep prepare": ours,
    "pandas + Python re": with_pandas,
    "bare Polars, regular expressions only": bare_polars,
}


@dataclass(frozen=True)
class Measured:
    """What one process took."""

    seconds: float
    processor_seconds: float
    peak_gb: float


def measure(name: str, file: Path, out: Path) -> Measured:
    """Runs a contestant in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.data_prep", "--run", name, str(file), str(out)]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{name} failed"
    unit = 1 if sys.platform == "darwin" else 1024
    shutil.rmtree(out)
    processor = usage.ru_utime + usage.ru_stime
    return Measured(seconds, processor, usage.ru_maxrss * unit / 1e9)


def compare(rows: int, folder: Path, names: list[str], console: Console) -> None:
    """Generates the file, runs the contestants, and prints the table."""
    file = folder / "train.csv"
    generate(file, rows)
    size = file.stat().st_size
    results = {name: measure(name, file, folder / "out") for name in names}
    mine = results[names[0]].seconds
    console.print(
        f"{rows:,} reviews, {size / 1e6:,.0f} MB, {os.cpu_count()} processors, "
        f"{platform.machine()}, Python {platform.python_version()}, {date.today().isoformat()}"
    )
    table = Table("", "seconds", "of processor", "MB/s", "peak memory", "data_prep takes", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, result in results.items():
        table.add_row(
            name,
            f"{result.seconds:.1f}",
            f"{result.processor_seconds:.1f}",
            f"{size / 1e6 / result.seconds:.0f}",
            f"{result.peak_gb:.2f} GB",
            f"{mine / result.seconds:.2f} × the time" if name != names[0] else "",
        )
    console.print(table)


def main() -> None:
    """Compares, or runs one contestant (which is how the comparison calls itself)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help=f"default: {ROWS:,}")
    parser.add_argument("--only", action="store_true", help="data_prep without its peers")
    parser.add_argument("--run", nargs=3, metavar=("NAME", "FILE", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        name, file, out = options.run
        CONTESTANTS[name](Path(file), Path(out))
        return
    names = list(CONTESTANTS)[: 1 if options.only else None]
    with tempfile.TemporaryDirectory() as folder:
        compare(options.rows, Path(folder), names, Console(width=100))


if __name__ == "__main__":
    main()
