"""First pass: rows → normalised lines, sorted roughly by their hashes into files on disk.

Equal texts end up in the same file, whatever the number of rows. So what comes after needs one of
these files in memory at a time, and of all other texts only a hash, a label and a part.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import narwhals as nw
import polars as pl

from data_prep.reading.bad_rows import EXAMPLES, Bad, BadRow, BadRows
from data_prep.reading.labels import SHOWN, check_label_count, check_labels
from data_prep.reading.layout import Layout
from data_prep.reading.parallel import WORKERS, in_order
from data_prep.reading.pieces import LINE, Block, Piece
from data_prep.transform.polars_engine import PolarsEngine
from data_prep.transform.rows import with_label_and_text, with_line, with_tokens
from data_prep.transform.side import Side

BUCKET_BITS = 6
BUCKETS = 1 << BUCKET_BITS
_ENGINE = PolarsEngine()


@dataclass(frozen=True)
class Prepared:
    """What becomes of one piece."""

    rows: pl.DataFrame
    """Columns `key`, `label`."""
    lines: dict[int, bytes]
    """Bucket → the lines of its rows, in the same order, without the last line feed."""
    not_mapped: int
    not_mapped_names: list[str]
    """A few of them, for a message."""
    bad_counts: dict[Bad, int]
    bad: list[BadRow]
    read_bytes: int
    rows_in: int
    rest: bytes
    """Of the piece: the beginning of a record that ends in a later block."""


@dataclass
class Spool:
    """The lines on disk, and what is known about each."""

    folder: Path
    label_names: list[str] = field(default_factory=list)
    """In the order in which they were met; column `label` counts in this list."""
    bad: BadRows = field(default_factory=BadRows)
    not_mapped: int = 0
    not_mapped_names: list[str] = field(default_factory=list)
    """The first few of them."""
    rows_in: int = 0
    _rows: list[pl.DataFrame] = field(default_factory=list)

    def bucket_file(self, bucket: int) -> Path:
        """The lines whose hashes begin with the same bits."""
        return self.folder / f"{bucket:02}.txt"

    def fill(
        self,
        blocks: Iterable[Block],
        layout: Layout,
        progress: Callable[[int], None],
        *,
        side: Side = Side.TRAIN,
    ) -> None:
        """Parses and prepares the blocks on all processors, and keeps what comes of them.

        Args:
            blocks: Of one file.
            layout: What it looks like.
            progress: Is told how many further bytes have been read.
            side: Where the rows belong, as far as the source says so.

        Raises:
            DataPrepError: a label is not acceptable, or there are too many; or what the blocks
                raise.
        """
        with ExitStack() as stack:
            files = [
                stack.enter_context(self.bucket_file(bucket).open("ab"))
                for bucket in range(BUCKETS)
            ]
            rest = b""
            # One more than there are processors, for the time in which one waits for Python's lock.
            parsed = in_order(
                lambda block: prepare_piece(block.parse(), layout), blocks, workers=WORKERS + 1
            )
            for block, at_a_guess in parsed:
                # A block is parsed as if it began with a record; it seldom does not.
                prepared = prepare_piece(block.parse(rest), layout) if rest else at_a_guess
                rest = prepared.rest
                for bucket, lines in prepared.lines.items():
                    files[bucket].write(lines)
                    files[bucket].write(b"\n")
                self._account(prepared, side)
                progress(prepared.read_bytes)

    def _account(self, prepared: Prepared, side: Side) -> None:
        self.rows_in += prepared.rows_in
        self.not_mapped += prepared.not_mapped
        names = {*self.not_mapped_names, *prepared.not_mapped_names}
        self.not_mapped_names = sorted(names)[:SHOWN]
        for reason, count in prepared.bad_counts.items():
            self.bad.count(reason, count, [row for row in prepared.bad if row.reason is reason])
        new = sorted(set(prepared.rows["label"].unique()) - set(self.label_names))
        check_labels(new)
        self.label_names += new
        check_label_count(self.label_names)
        codes = {name: code for code, name in enumerate(self.label_names)}
        if len(prepared.rows):
            code = pl.col("label").replace_strict(codes, return_dtype=pl.UInt8)
            on_side = pl.lit(int(side), pl.UInt8)
            self._rows.append(prepared.rows.with_columns(code, side=on_side))

    def rows(self) -> Iterator[pl.DataFrame]:
        """For each bucket, in the order of the hashes: the rows in the order of its lines."""
        schema = {"key": pl.Int64, "label": pl.UInt8, "side": pl.UInt8}
        every = pl.concat(self._rows) if self._rows else pl.DataFrame(schema=schema)
        return by_bucket(every)

    def lines(self, bucket: int) -> pl.Series:
        """The lines of a bucket."""
        content = self.bucket_file(bucket).read_bytes()
        if not content:
            return pl.Series("line", [], dtype=pl.String)
        return pl.read_lines(content).to_series()


def bucket_of(key: str) -> pl.Expr:
    """The first bits of a signed hash, as a number from 0 that grows with it."""
    leading: pl.Expr = pl.col(key) // (1 << (64 - BUCKET_BITS))
    return (leading + BUCKETS // 2).cast(pl.UInt8)


def by_bucket(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows of each bucket, in their order, by column `key`."""
    buckets = rows.with_columns(bucket=bucket_of("key")).partition_by(
        "bucket", as_dict=True, include_key=False
    )
    for bucket in range(BUCKETS):
        yield buckets.get((bucket,), rows.clear())


def prepare_piece(piece: Piece, layout: Layout) -> Prepared:
    """One piece through the whole transformation."""
    rows = piece.rows(layout.needed)
    frame = nw.from_native(rows.lazy())
    if layout.only:
        column, value = layout.only
        frame = frame.filter(nw.col(column) == value)
    frame = with_label_and_text(frame, label=layout.label, text=layout.text, labels=layout.labels)
    labelled: pl.DataFrame = (
        nw.to_native(frame).select("raw_label", "label", "text", LINE).collect()
    )
    no_label = labelled.filter(pl.col("raw_label") == "")
    not_mapped = labelled.filter(pl.col("label").is_null() & (pl.col("raw_label") != ""))
    mapped = labelled.filter(pl.col("label").is_not_null() & (pl.col("raw_label") != ""))
    columns = mapped.select("label", "text", LINE).lazy()
    frame = with_tokens(nw.from_native(columns), _ENGINE)
    tokens: pl.DataFrame = nw.to_native(frame).collect()
    no_text = tokens.filter(pl.col("tokens") == "")
    frame = nw.from_native(tokens.filter(pl.col("tokens") != "").lazy())
    frame = with_line(_ENGINE.with_key(frame, of="tokens"))
    native: pl.LazyFrame = nw.to_native(frame)
    done = native.select("key", "label", "line").collect()
    by_bucket = done.group_by(bucket_of("key"), maintain_order=True).agg(pl.col("line"))
    lines = by_bucket.with_columns(pl.col("line").list.join("\n").cast(pl.Binary))
    bad = [*piece.bad]
    for reason, frames in ((Bad.NO_LABEL, no_label), (Bad.NO_TEXT, no_text)):
        first = frames.sort(LINE).head(EXAMPLES).select(LINE, "text")
        bad += [BadRow(reason, piece.file, line, text) for line, text in first.iter_rows()]
    counts = Counter(row.reason for row in piece.bad)
    counts += Counter({Bad.NO_LABEL: len(no_label), Bad.NO_TEXT: len(no_text)})
    return Prepared(
        rows=done.select("key", "label"),
        lines=dict(lines.iter_rows()),
        not_mapped=len(not_mapped),
        not_mapped_names=not_mapped["raw_label"].unique().sort().head(SHOWN).to_list(),
        bad_counts=dict(counts),
        bad=sorted(bad, key=lambda row: row.line),
        read_bytes=piece.read_bytes,
        rows_in=len(labelled) + len(piece.bad),
        rest=piece.rest,
    )


def as_bytes(lines: pl.Series) -> bytes:
    """Each line with a line feed, as a file holds them."""
    # The empty line at the end is what gives the last one its line feed.
    frame = pl.concat([lines, pl.Series([""])]).to_frame("line")
    joined: bytes = frame.select(pl.col("line").str.join("\n").cast(pl.Binary)).item()
    return joined
