"""Raw reviews → a directory with `train.txt`, `validation.txt`, `test.txt` and `dataset.json`."""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import narwhals as nw
import polars as pl

from data_prep.dataset.account import Dataset, what_was_read
from data_prep.dataset.additions import Additions, lines_with_parts, mixed
from data_prep.dataset.hashed_file import HashedFile
from data_prep.dataset.spool import BUCKETS, Spool, as_bytes, by_bucket
from data_prep.reading.bad_rows import MOST_BAD
from data_prep.reading.layout import Layout
from data_prep.reading.parallel import in_order
from data_prep.reading.sources import SourceFile, read_blocks
from data_prep.transform.majority import settled
from data_prep.transform.polars_engine import PolarsEngine
from data_prep.transform.rows import Frame, by_text
from data_prep.transform.side import Side
from data_prep.transform.split import (
    Choice,
    Dropped,
    Split,
    count_dropped,
    split_texts,
    unique_texts,
)
from review_text import NORMALISER_VERSION
from tier_layout.bucket import MANIFEST_FILE
from tier_layout.manifest import FORMAT

BUCKETS_AT_ONCE = 8
"""Of how many buckets the rows (not the lines) are compared at a time: a query has its price."""


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
        spool.fill(read_blocks(source, layout), layout, progress, side=Side.of(source))
    spool.bad.check(rows=spool.rows_in, most=most_bad)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The texts that go into the files."""

    split: Split
    texts: Sequence[pl.DataFrame]
    """For each bucket of the spool, in the order of the keys, each text once: columns `row` (the
    number of its line in the bucket) and `side`."""


def choose(spool: Spool, sources: list[SourceFile], choice: Choice) -> Selection:
    """Which texts go into which file; see `split_texts`."""
    dropped: Counter[Dropped] = Counter()
    unique = []
    rows = [in_bucket.with_row_index("row") for in_bucket in spool.rows()]
    for first in range(0, BUCKETS, BUCKETS_AT_ONCE):
        some = pl.concat(rows[first : first + BUCKETS_AT_ONCE])
        found = _lazy(_collect(by_text(_lazy(some), carry="row")))
        texts = _lazy(_collect(settled(found, _lazy(some), carry="row")))
        dropped += count_dropped(texts)
        texts = unique_texts(texts).select("key", "label", "side", "row")
        unique.append(_collect(texts.sort("key")))
    every = pl.concat(unique)
    split = split_texts(
        _lazy(every.drop("row")),
        PolarsEngine(),
        name_of=spool.label_names.__getitem__,
        own={Side.of(source) for source in sources},
        choice=choice,
        dropped=dropped,
        account=what_was_read(
            rows_in=spool.rows_in,
            not_mapped=spool.not_mapped,
            not_mapped_names=spool.not_mapped_names,
            bad=spool.bad,
        ),
    )
    chosen = _collect(split.sides(_lazy(every)).select("key", "row", "side"))
    return Selection(split=split, texts=[*by_bucket(chosen)])


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
    """Writes a file for each side that has texts, by their hashes, and the manifest."""
    split = selection.split
    learned = split.labels[Side.TRAIN]
    in_parts = additions.in_parts(learned.total())
    emoticons = additions.emoticon_lines(learned)
    short_texts = additions.short_text_lines(learned)
    held_out = _held_out(spool, selection, short_texts) if short_texts else set()
    nothing = additions.nothing_lines(learned)
    short_lines = mixed(short_texts, held_out=held_out, nothing=nothing)
    part_lines = 0

    def lines_of(bucket: int) -> tuple[dict[Side, bytes], int]:
        """What a bucket has for each file, and how many of the training lines are parts."""
        texts = selection.texts[bucket]
        lines = spool.lines(bucket).gather(texts["row"])
        of_side = {side: lines.filter(texts["side"] == int(side)) for side in split.labels}
        whole = len(of_side[Side.TRAIN])
        if in_parts:
            of_side[Side.TRAIN] = pl.Series(lines_with_parts(of_side[Side.TRAIN]), dtype=pl.String)
        parts = len(of_side[Side.TRAIN]) - whole
        return {side: as_bytes(lines) for side, lines in of_side.items()}, parts

    with ExitStack() as stack:
        files = {
            side: stack.enter_context(HashedFile.create(directory / side.file))
            for side in split.labels
        }
        for bucket, (content, parts) in in_order(lines_of, range(len(selection.texts))):
            for side, file in files.items():
                file.write(content[side])
            # Spread, because a model learns little of what always comes last.
            some = short_lines[bucket :: len(selection.texts)]
            files[Side.TRAIN].write(as_bytes(pl.Series(some, dtype=pl.String)))
            part_lines += parts
            progress(1)
        files[Side.TRAIN].write(as_bytes(pl.Series(emoticons, dtype=pl.String)))
    not_mapped = Counter({Dropped.NOT_MAPPED: spool.not_mapped})
    dataset = Dataset(
        rows_in=spool.rows_in,
        dropped=split.dropped + not_mapped,
        bad=spool.bad,
        labels=split.labels,
        added={
            "parts of texts": part_lines,
            "emoticons": len(emoticons),
            "short texts": len(short_lines),
        },
        files={side.file: file.description() for side, file in files.items()},
    )
    (directory / MANIFEST_FILE).write_bytes(dataset.manifest(command))
    return dataset


def learned_lines(spool: Spool, selection: Selection) -> list[str]:
    """The lines of the training and the validation file, without parts; for few texts."""
    return [*_lines_of(spool, selection, {Side.TRAIN, Side.VALIDATION})]


def _held_out(spool: Spool, selection: Selection, texts: Collection[str]) -> set[str]:
    """Which of the texts stand in the validation or the test file."""
    lines = _lines_of(spool, selection, {Side.VALIDATION, Side.TEST})
    return {text for line in lines if (text := line.partition(" ")[2]) in texts}


def _lines_of(spool: Spool, selection: Selection, sides: Collection[Side]) -> Iterator[str]:
    for bucket, texts in enumerate(selection.texts):
        rows = texts.filter(pl.col("side").is_in([*map(int, sides)]))["row"]
        yield from spool.lines(bucket).gather(rows)
