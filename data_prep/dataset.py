"""Raw reviews → a directory with `train.txt`, `test.txt` and `dataset.json`."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import narwhals as nw
import polars as pl

from data_prep.additions import Additions, with_parts
from data_prep.bad_rows import BadRows
from data_prep.files import MANIFEST_FILE, TEST_FILE, TRAIN_FILE
from data_prep.labels import listing
from data_prep.layout import Layout
from data_prep.polars_engine import PolarsEngine
from data_prep.request import MOST_BAD
from data_prep.sources import SourceFile, read_pieces
from data_prep.split import (
    Choice,
    Dropped,
    Split,
    count_dropped,
    split_texts,
    unique_texts,
)
from data_prep.spool import Spool
from data_prep.transform import Frame, by_text
from review_text import NORMALISER_VERSION

FORMAT = 1


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


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The texts that go into the files."""

    split: Split
    texts: Sequence[pl.DataFrame]
    """For each bucket of the spool, in the order of the keys, each text once: columns `row` (the
    number of its line in the bucket) and `to_test`."""


def choose(spool: Spool, sources: list[SourceFile], choice: Choice) -> Selection:
    """Which texts go into which file; see `split_texts`."""
    account = f"rows in: {spool.rows_in:,}"
    if spool.not_mapped:
        account += f"; labels not in --map: {listing(spool.not_mapped_names)}"
    if spool.bad.total:
        account += f"; bad rows: {spool.bad.total:,}"
    dropped: Counter[Dropped] = Counter()
    buckets = []
    for rows in spool.rows():
        texts = by_text(_lazy(rows.with_row_index("row")), carry="row")
        texts = _lazy(_collect(texts))
        dropped += count_dropped(texts)
        texts = unique_texts(texts).select("key", "label", "is_test", "row").sort("key")
        buckets.append(_collect(texts))
    split = split_texts(
        _lazy(pl.concat(buckets).drop("row")),
        PolarsEngine(),
        name_of=spool.label_names.__getitem__,
        has_test=any(source.is_test for source in sources),
        choice=choice,
        dropped=dropped,
        account=account,
    )
    chosen = [_collect(split.sides(_lazy(texts)).select("row", "to_test")) for texts in buckets]
    return Selection(split=split, texts=chosen)


def _lazy(frame: pl.DataFrame) -> Frame:
    return nw.from_native(frame.lazy())


def _collect(frame: Frame) -> pl.DataFrame:
    native: pl.LazyFrame = nw.to_native(frame)
    return native.collect()


def write(
    spool: Spool,
    selection: Selection,
    directory: Path,
    *,
    command: str,
    additions: Additions,
    progress: Callable[[int], None] = lambda _: None,
) -> Dataset:
    """Writes the three files, lines in the order of their hashes."""
    split = selection.split
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
        for bucket, texts in enumerate(selection.texts):
            progress(1)
            if not len(texts):
                continue
            lines = spool.lines(bucket).gather(texts["row"])
            for side, file in files.items():
                chosen = lines.filter(texts["to_test"] == side)
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
