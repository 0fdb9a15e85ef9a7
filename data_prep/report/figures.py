"""What the files hold, counted from the files themselves and not from what was said of them.

Every line is read for the balance, the lengths and the duplicates, but only 24 bytes of it stay in
memory: its label, its length and two hashes. The hashes have 64 bits: among four million texts, two
different ones are taken for the same with a probability below one in a million.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import polars as pl

from data_prep.errors import DataPrepError

# A review that begins like another one is most often an edited copy of it.
OPENING_WORDS = 20
EXAMPLES = 5
BINS = 30
PERCENTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

_LABEL = r"^__label__(\S+)"


@dataclass(frozen=True, kw_only=True)
class Example:
    """A line of a file, for people to look at."""

    line: int
    """Counted from 1."""
    content: str


@dataclass(frozen=True, kw_only=True)
class Lengths:
    """How many words the reviews of one file or label have."""

    name: str
    reviews: int
    shortest: int
    percentiles: tuple[int, ...]
    """At `PERCENTILES`."""
    longest: int
    mean: float


@dataclass(frozen=True, kw_only=True)
class FileFigures:
    """One file."""

    name: str
    size: int
    sha256: str
    lines: int
    words: int
    labels: dict[str, int]
    unlabelled: int
    """Lines that do not begin with `__label__`: BlazingText learns nothing from them."""
    empty: int
    """Lines with a label and no text."""
    repeated: int
    """Lines of two words or more whose text stands further up in the same file."""
    repeated_words: int
    """The same for lines of one word: this is how emoticons are taught, on purpose."""
    lengths: Lengths
    shares: list[float]
    """Of the reviews, in each bin of the histogram."""


@dataclass(frozen=True, kw_only=True)
class InCommon:
    """What a held-out file has in common with a file that shaped the model before it."""

    name: str
    seen_in: str
    """The other file's name."""
    leaked: int
    """Lines of the former whose text is in the latter."""
    leaked_examples: list[Example]
    similar: int
    """Lines of the former that are not, but whose first words are."""
    similar_examples: list[Example]


@dataclass(frozen=True, kw_only=True)
class Figures:
    """All files, and what each two of them have in common."""

    files: tuple[FileFigures, ...]
    """The training, the validation (if there is one) and the test file."""
    bin_width: int
    by_label: list[Lengths]
    in_common: list[InCommon]
    contradictions: int
    """Texts that stand in the files under different labels."""

    @property
    def train(self) -> FileFigures:
        """The first."""
        return self.files[0]

    @property
    def words(self) -> int:
        """In all files."""
        return sum(file.words for file in self.files)

    @property
    def axis_top(self) -> float:
        """Where the histogram's axis ends: four round steps hold the highest bar."""
        needed = max(share for file in self.files for share in file.shares) / 4
        return 4 * _round_up(needed, (1, 1.5, 2, 3, 4, 5, 6, 8, 10))

    @property
    def labels(self) -> list[str]:
        """All that occur."""
        return sorted({label for file in self.files for label in file.labels})


def measure(*files: Path) -> Figures:
    """Reads the files: first the training file, last the test file.

    Raises:
        DataPrepError: one of them cannot be read, is not UTF-8, or has no lines.
    """
    frames = {file: _lines(file) for file in files}
    every = pl.concat(frames.values())
    width = _bin_width(every["words"])
    labels_of_text = every.lazy().group_by("text").agg(pl.col("label").n_unique())
    by_label = every.partition_by("label", as_dict=True)
    return Figures(
        files=tuple(_file_figures(file, frame, width) for file, frame in frames.items()),
        bin_width=width,
        by_label=sorted(
            (_lengths(str(label), part["words"]) for (label,), part in by_label.items() if label),
            key=lambda lengths: lengths.name,
        ),
        in_common=[_in_common(frames, *pair) for pair in combinations(files, 2)],
        contradictions=labels_of_text.filter(pl.col("label") > 1).select(pl.len()).collect().item(),
    )


@contextmanager
def readable(file: Path) -> Iterator[None]:
    """Says in a person's words why a file cannot be read."""
    try:
        yield
    except OSError as error:
        raise DataPrepError(f"cannot read {file}: {error.strerror or error}") from error
    except pl.exceptions.ComputeError as error:
        raise DataPrepError(
            f"{file} is not UTF-8 text. Write it with `python -m data_prep prepare`"
        ) from error


def _lines(file: Path) -> pl.DataFrame:
    text = pl.col("line").str.replace(_LABEL + " ?", "")
    opening = text.str.extract(rf"^((?:\S+ ){{{OPENING_WORDS}}})")
    words = pl.when(text == "").then(0).otherwise(text.str.count_matches(" ", literal=True) + 1)
    with readable(file):
        if not file.stat().st_size:
            raise DataPrepError(f"{file} is empty")
        # Opened here, since Polars takes no name that is not UTF-8.
        with file.open("rb") as opened:
            lines = pl.scan_lines(opened, glob=False).select(
                label=pl.col("line").str.extract(_LABEL).cast(pl.Categorical),
                words=words.cast(pl.UInt32),
                text=text.hash(),
                opening=pl.when(opening.is_not_null()).then(opening.hash()),
            )
            return lines.collect(engine="streaming")


def _file_figures(file: Path, frame: pl.DataFrame, width: int) -> FileFigures:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    labels = frame["label"].drop_nulls().cast(pl.String).value_counts()
    bins = (frame["words"] // width).clip(0, BINS - 1).value_counts()
    counts = dict(bins.iter_rows())
    return FileFigures(
        name=file.name,
        size=file.stat().st_size,
        sha256=digest,
        lines=frame.height,
        words=int(frame["words"].sum()),
        labels=dict(sorted(labels.iter_rows())),
        unlabelled=frame["label"].null_count(),
        empty=int((frame["words"] == 0).sum()),
        repeated=_repeated(frame.filter(pl.col("words") > 1)),
        repeated_words=_repeated(frame.filter(pl.col("words") == 1)),
        lengths=_lengths(file.name, frame["words"]),
        shares=[counts.get(number, 0) / frame.height for number in range(BINS)],
    )


def _in_common(frames: Mapping[Path, pl.DataFrame], file: Path, held_out: Path) -> InCommon:
    seen, rows = frames[file], frames[held_out]
    leaked = _rows(rows, pl.col("text").is_in(seen["text"].implode()))
    alike = pl.col("opening").is_in(seen["opening"].drop_nulls().implode())
    similar = _rows(rows, alike & ~pl.int_range(pl.len()).is_in(leaked.implode()))
    return InCommon(
        name=held_out.name,
        seen_in=file.name,
        leaked=leaked.len(),
        leaked_examples=_examples(held_out, leaked),
        similar=similar.len(),
        similar_examples=_examples(held_out, similar),
    )


def _repeated(frame: pl.DataFrame) -> int:
    return frame.height - frame["text"].n_unique()


def _bin_width(words: pl.Series) -> int:
    """A round number such that 98 % of the reviews fall into bins of their own."""
    needed = max(1.0, float(words.quantile(0.98) or 0) / (BINS - 1))
    return int(_round_up(needed, (1, 2, 5, 10)))


def _round_up(value: float, steps: Sequence[float]) -> float:
    """To the next of the steps times a power of ten."""
    scale = 10.0 ** math.floor(math.log10(value))
    return next(step * scale for step in steps if step * scale >= value * (1 - 1e-9))


def _lengths(name: str, words: pl.Series) -> Lengths:
    ordered = words.sort()
    last = ordered.len() - 1
    return Lengths(
        name=name,
        reviews=ordered.len(),
        shortest=int(ordered[0]),
        percentiles=tuple(int(ordered[round(share * last)]) for share in PERCENTILES),
        longest=int(ordered[last]),
        mean=float(words.sum()) / words.len(),
    )


def _rows(frame: pl.DataFrame, condition: pl.Expr) -> pl.Series:
    return frame.select(pl.arg_where(condition)).to_series()


def _examples(file: Path, rows: Sequence[int] | pl.Series) -> list[Example]:
    wanted = list(rows[:EXAMPLES])
    if not wanted:
        return []
    with readable(file), file.open("rb") as opened:
        found = (
            pl.scan_lines(opened, glob=False, row_index_name="row")
            .filter(pl.col("row").is_in(wanted))
            .collect(engine="streaming")
        )
    return [Example(line=row + 1, content=line) for row, line in found.iter_rows()]
