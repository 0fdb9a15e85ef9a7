"""Raw reviews → a directory with `train.txt`, `test.txt` and `dataset.json`."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from data_prep.additions import Additions, with_parts
from data_prep.bad_rows import BadRows
from data_prep.files import MANIFEST_FILE, TEST_FILE, TRAIN_FILE
from data_prep.labels import listing
from data_prep.layout import Layout
from data_prep.sources import SourceFile, read_pieces
from data_prep.split import Choice, Dropped, Split, split_texts
from data_prep.spool import Spool
from review_text import NORMALISER_VERSION

FORMAT = 1
MOST_BAD = 0.01


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """An account of every row that was read."""

    rows_in: int
    dropped: Counter[Dropped]
    bad: BadRows
    train_labels: Counter[str]
    test_labels: Counter[str]
    added: dict[str, int]
    """Lines of the training file that are not whole texts, by kind."""
    files: dict[str, dict[str, Any]]
    """Name → `sha256` and `bytes`."""

    def manifest(self, command: str) -> dict[str, Any]:
        """What `dataset.json` says. No time, no path but those of the command."""
        return {
            "format": FORMAT,
            "command": command,
            "normaliser_version": NORMALISER_VERSION,
            "rows_in": self.rows_in,
            "rows_out": {"train": self.train_labels.total(), "test": self.test_labels.total()},
            "added_to_train": self.added,
            "dropped": {reason.value: self.dropped[reason] for reason in sorted(self.dropped)},
            "bad": self.bad.as_manifest(),
            "labels": {
                "train": dict(sorted(self.train_labels.items())),
                "test": dict(sorted(self.test_labels.items())),
            },
            "files": self.files,
        }


def is_current(directory: Path) -> bool:
    """Whether a directory holds a dataset that this version of the product has prepared."""
    try:
        manifest = json.loads((directory / MANIFEST_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        isinstance(manifest, dict)
        and manifest.get("format") == FORMAT
        and manifest.get("normaliser_version") == NORMALISER_VERSION
    )


def read_and_normalise(
    spool: Spool,
    sources: list[SourceFile],
    layout: Layout,
    *,
    most_bad: float = MOST_BAD,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """First pass: every row normalised and on disk, or counted.

    Raises:
        DataPrepError: a file cannot be read, or too many rows are bad.
    """
    for source in sources:
        spool.fill(read_pieces(source, layout), layout, progress)
    spool.bad.check(rows=spool.rows_in, most=most_bad)


def choose(spool: Spool, sources: list[SourceFile], choice: Choice) -> Split:
    """Which texts go into which file; see `split_texts`."""
    account = f"rows in: {spool.rows_in:,}"
    if spool.not_mapped:
        account += f"; labels not in --map: {listing(spool.not_mapped_names)}"
    if spool.bad.total:
        account += f"; bad rows: {spool.bad.total:,}"
    return split_texts(
        spool.rows(),
        label_names=spool.label_names,
        has_test=any(source.is_test for source in sources),
        choice=choice,
        account=account,
    )


def write(
    spool: Spool,
    split: Split,
    directory: Path,
    *,
    command: str,
    additions: Additions,
    progress: Callable[[int], None] = lambda _: None,
) -> Dataset:
    """Writes the three files, lines in the order of their hashes."""
    in_parts = additions.in_parts(split.train_labels.total())
    emoticons = additions.emoticon_lines(split.train_labels)
    part_lines = 0
    digests = {False: hashlib.sha256(), True: hashlib.sha256()}
    sizes = {False: 0, True: 0}
    names = {False: TRAIN_FILE, True: TEST_FILE}

    def write_lines(side: bool, file: BinaryIO, lines: pl.Series) -> None:
        encoded = lines.to_frame().write_csv(include_header=False, quote_style="never").encode()
        file.write(encoded)
        digests[side].update(encoded)
        sizes[side] += len(encoded)

    with (directory / TRAIN_FILE).open("wb") as train, (directory / TEST_FILE).open("wb") as test:
        files = {False: train, True: test}
        for bucket, rows in enumerate(spool.rows()):
            progress(1)
            if not len(rows):
                continue
            lines = rows.select("key").with_columns(spool.lines(bucket))
            lines = lines.unique("key", keep="any").join(
                split.texts, on="key", how="inner", maintain_order="none"
            )
            lines = lines.sort("key")
            for side, file in files.items():
                chosen = lines.filter(pl.col("to_test") == side)["line"]
                whole = len(chosen)
                if in_parts and not side:
                    chosen = with_parts(chosen)
                    part_lines += len(chosen) - whole
                write_lines(side, file, chosen)
        write_lines(False, train, pl.Series(emoticons, dtype=pl.String))
    not_mapped = Counter({Dropped.NOT_MAPPED: spool.not_mapped})
    dataset = Dataset(
        rows_in=spool.rows_in,
        dropped=split.dropped + not_mapped,
        bad=spool.bad,
        train_labels=split.train_labels,
        test_labels=split.test_labels,
        added={"parts of texts": part_lines, "emoticons": len(emoticons)},
        files={
            names[side]: {"sha256": digests[side].hexdigest(), "bytes": sizes[side]}
            for side in names
        },
    )
    text = json.dumps(dataset.manifest(command), indent=2, ensure_ascii=False) + "\n"
    (directory / MANIFEST_FILE).write_text(text, encoding="utf-8", newline="\n")
    return dataset
