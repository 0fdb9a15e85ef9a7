"""Second pass: which texts are kept, and in which file they go."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import narwhals as nw
import polars as pl

from data_prep.errors import DataPrepError
from data_prep.labels import listing
from data_prep.transform import by_text


class Dropped(StrEnum):
    """Why a sound row is in neither file."""

    NOT_MAPPED = "unmapped label"
    DUPLICATE = "duplicate text"
    CONTRADICTION = "same text, different labels"
    IN_TEST = "training text that is in the test file"
    BALANCE = "beyond --balance"
    LIMIT = "beyond --limit"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How much is kept of what there is."""

    test_fraction: float = 0.1
    """More than 0, less than 1; without effect on a data set that has its own test file."""
    balance: bool = False
    """As many texts of each label as of the rarest."""
    limit: int | None = None
    """At most so many texts, in both files together."""


@dataclass(frozen=True)
class Split:
    """The texts that are kept, and the account of the others."""

    texts: pl.DataFrame
    """Columns `key` (sorted, each once) and `to_test`."""
    dropped: Counter[Dropped]
    train_labels: Counter[str]
    test_labels: Counter[str]


_NOTHING = pl.DataFrame(schema={"key": pl.Int64, "label": pl.UInt8, "is_test": pl.Boolean})


def split_texts(
    buckets: Iterable[pl.DataFrame],
    *,
    label_names: Sequence[str],
    has_test: bool,
    choice: Choice,
    account: str,
) -> Split:
    """The texts in the order of their hashes, which the split follows: the order of rows does not.

    Of every label the texts with the lowest hashes go into the test file, as far as the data set
    does not come with one; and it is the highest that balance and limit leave out.

    Args:
        buckets: Rows (`key`, `label`, `is_test`), the same text always in the same bucket, and the
            buckets in the order of the keys.
        label_names: What the numbers in `label` stand for.
        has_test: The data set comes with a test file.
        choice: How much is kept.
        account: What was dropped before, for a message.

    Raises:
        DataPrepError: nothing is left, or only one label.
    """
    dropped: Counter[Dropped] = Counter()
    texts = pl.concat([_unique(rows, dropped) for rows in buckets if len(rows)] or [_NOTHING])
    names = dict(enumerate(label_names))
    _check_enough(Counter({names[c]: n for c, n in _counts(texts, "label")}), account, dropped)
    groups = ["is_test", "label"]
    # The number of the text among those of its label and part, from 0 in the order of the hashes.
    texts = texts.with_columns(
        number=pl.int_range(pl.len(), dtype=pl.UInt32).over(groups),
        most=pl.len().over(groups),
    )
    if choice.balance:
        texts = texts.with_columns(most=pl.col("most").min().over("is_test"))
        dropped[Dropped.BALANCE] += texts.filter(pl.col("number") >= pl.col("most")).height
        texts = texts.filter(pl.col("number") < pl.col("most"))
    if choice.limit is not None and len(texts) > choice.limit:
        share = choice.limit / len(texts)
        most = pl.max_horizontal((pl.col("most") * share).floor().cast(pl.UInt32), pl.lit(1))
        before = len(texts)
        texts = texts.with_columns(most=most).filter(pl.col("number") < pl.col("most"))
        dropped[Dropped.LIMIT] += before - len(texts)
    if has_test:
        to_test = pl.col("is_test")
    else:
        quota = (pl.col("most") * choice.test_fraction + 0.5).floor().cast(pl.Int64)
        quota = pl.min_horizontal(pl.max_horizontal(quota, 1), pl.col("most").cast(pl.Int64) - 1)
        to_test = pl.col("number").cast(pl.Int64) < quota
    texts = texts.select("key", "label", to_test=to_test)
    test_labels, train_labels = (
        Counter({names[c]: n for c, n in _counts(texts.filter(pl.col("to_test") == side), "label")})
        for side in (True, False)
    )
    _check_files(train_labels, test_labels)
    return Split(
        texts=texts.select("key", "to_test"),
        dropped=+dropped,
        train_labels=train_labels,
        test_labels=test_labels,
    )


def _unique(rows: pl.DataFrame, dropped: Counter[Dropped]) -> pl.DataFrame:
    """Each text once, in the order of the keys, without those that have two labels."""
    grouped: pl.LazyFrame = nw.to_native(by_text(nw.from_native(rows.lazy())))
    found = grouped.collect()
    one_label = pl.col("labels") == 1
    in_test = pl.col("test_rows") > 0
    rows_of, test_rows = pl.col("rows").cast(pl.Int64), pl.col("test_rows").cast(pl.Int64)
    sums = found.select(
        contradiction=rows_of.filter(~one_label).sum(),
        in_test=(rows_of - test_rows).filter(one_label & in_test).sum(),
        duplicate=(
            (test_rows - 1).filter(one_label & in_test).sum()
            + (rows_of - 1).filter(one_label & ~in_test).sum()
        ),
    ).row(0, named=True)
    dropped[Dropped.CONTRADICTION] += sums["contradiction"]
    dropped[Dropped.IN_TEST] += sums["in_test"]
    dropped[Dropped.DUPLICATE] += sums["duplicate"]
    return found.filter(one_label).select("key", "label", is_test=in_test).sort("key")


def _counts(texts: pl.DataFrame, column: str) -> list[tuple[int, int]]:
    return sorted(texts[column].value_counts().iter_rows())


def _check_enough(labels: Counter[str], account: str, dropped: Counter[Dropped]) -> None:
    reasons = [f"{reason}: {count:,}" for reason, count in dropped.items() if count]
    account = "; ".join([part for part in (account, *reasons) if part]) or "no rows"
    if not labels:
        raise DataPrepError(f"no row is left ({account})")
    if len(labels) == 1:
        raise DataPrepError(
            f"only the label {next(iter(labels))!r} is left, and a classifier needs two "
            f"({account}). Check --label and --map"
        )


def _check_files(train: Counter[str], test: Counter[str]) -> None:
    if not test:
        raise DataPrepError(
            f"every label has a single text ({listing(train)}): a test file needs a second one. "
            "Check --label and --limit"
        )
    if len(train) < 2:
        raise DataPrepError(
            f"the training file would have only one label ({listing(train) or 'none'}), and a "
            "classifier needs two. Check --label and --map"
        )
