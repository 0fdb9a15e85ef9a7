"""Which texts are kept, and in which file they go: cut-offs in the order of their hashes.

Everything is said in narwhals and small counts, so it is the same split on Polars and on Spark, and
no engine has to number, sort or move the texts for it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any, Final

import narwhals as nw

from data_prep.errors import DataPrepError
from data_prep.reading.labels import listing
from data_prep.transform.rows import Engine, Frame
from data_prep.transform.side import Side

Group = tuple[int, Any]
"""`side` and `label` of texts among which is chosen; as the source has them."""

VALIDATION_FRACTION: Final = 0.1
"""Of the texts that the test file leaves, unless somebody says otherwise."""
MOST_VALIDATION_TEXTS: Final = 25_000
"""By default, in all. They tell an accuracy to .4 points (95 %): early stopping learns nothing from
more, which would be lacking in the training file, and be read after every epoch."""
FEWEST_LEARNED: Final = 2
"""Texts of a label that a validation file leaves to the training file."""

HISTOGRAM_BITS = 12
"""A cut-off is looked for among the keys of one of so many bits' slots: one of 4,096."""


class Dropped(StrEnum):
    """Why a sound row is in none of the files."""

    NOT_MAPPED = "unmapped label"
    DUPLICATE = "duplicate text"
    CONTRADICTION = "same text, different labels"
    OUTVOTED = "same text, most have another label"
    IN_TEST = "text that is in the test file, too"
    IN_VALIDATION = "training text that is in the validation file"
    BALANCE = "beyond --balance"
    LIMIT = "beyond --limit"


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How much is kept of what there is."""

    test_fraction: float = 0.1
    """More than 0, less than 1; without effect on a data set that has its own test file."""
    validation_fraction: float | None = None
    """0 to less than 1, of what the test file leaves; 0 makes no validation file. None stands for
    `VALIDATION_FRACTION`, and `MOST_VALIDATION_TEXTS` at the most. Without effect on a data set
    that has its own validation file."""
    balance: bool = False
    """As many texts of each label as of the rarest."""
    limit: int | None = None
    """At most so many texts, in all files together."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """What decides on every text, and the account of the texts that are not kept."""

    last_kept: Mapping[Group, int]
    """Key of the last text that is kept, for the groups that do not keep all."""
    last_of: Mapping[Side, Mapping[Group, int]]
    """Key of the last text of the test file, and of the validation file that follows on it, if the
    data set does not come with them."""
    dropped: Counter[Dropped]
    labels: Mapping[Side, Counter[str]]
    """Texts of each label; without a side that has none."""

    def sides(self, texts: Frame) -> Frame:
        """The texts that are kept, with the side that they go to in column `side`."""
        if self.last_kept:
            beyond = (_of(g) & (nw.col("key") > last) for g, last in self.last_kept.items())
            texts = texts.filter(~_any(beyond))
        side: Any = nw.col("side")
        for taken in (Side.VALIDATION, Side.TEST):
            within = (_of(g) & (nw.col("key") <= last) for g, last in self.last_of[taken].items())
            side = nw.when(_any(within)).then(nw.lit(int(taken))).otherwise(side)
        return texts.with_columns(side=side)


def unique_texts(texts: Frame) -> Frame:
    """Of `by_text`'s result: the texts of one label, and the side that the source has them on."""
    validation = nw.when(nw.col("validation_rows") > 0).then(nw.lit(int(Side.VALIDATION)))
    test = nw.when(nw.col("test_rows") > 0).then(nw.lit(int(Side.TEST)))
    return texts.filter(nw.col("label") == nw.col("last_label")).with_columns(
        side=nw.coalesce(test, validation, nw.lit(int(Side.TRAIN)))
    )


def count_dropped(texts: Frame) -> Counter[Dropped]:
    """How many rows `unique_texts`, `by_text` and `settled` leave out, by reason."""
    rows, validation_rows, test_rows = (
        nw.col(name).cast(nw.Int64) for name in ("rows", "validation_rows", "test_rows")
    )
    contradicts = nw.col("label") != nw.col("last_label")
    in_test = ~contradicts & (test_rows > 0)
    in_validation = ~contradicts & (test_rows == 0) & (validation_rows > 0)
    only_in_training = ~contradicts & (test_rows + validation_rows == 0)
    nothing = nw.lit(0, dtype=nw.Int64)
    counts = {
        Dropped.CONTRADICTION: nw.when(contradicts).then(rows).otherwise(nothing),
        Dropped.OUTVOTED: nw.col("outvoted"),
        Dropped.IN_TEST: nw.when(in_test).then(rows - test_rows).otherwise(nothing),
        Dropped.IN_VALIDATION: (
            nw.when(in_validation).then(rows - validation_rows).otherwise(nothing)
        ),
        Dropped.DUPLICATE: (
            nw.when(in_test).then(test_rows - 1).otherwise(nothing)
            + nw.when(in_validation).then(validation_rows - 1).otherwise(nothing)
            + nw.when(only_in_training).then(rows - 1).otherwise(nothing)
        ),
    }
    columns = {reason.name: expression.sum() for reason, expression in counts.items()}
    sums = next(texts.select(**columns).collect().iter_rows(named=True))
    return Counter({Dropped[name]: int(count or 0) for name, count in sums.items()})


def split_texts(
    texts: Frame,
    engine: Engine,
    *,
    name_of: Callable[[Any], str] = str,
    own: Collection[Side],
    choice: Choice,
    dropped: Counter[Dropped],
    account: str,
) -> Split:
    """Finds the cut-offs. The order of rows has no part in it.

    Of every label the texts with the lowest hashes go into the test file, and those after them into
    the validation file, as far as the data set does not come with them; and it is the highest that
    balance and limit leave out. So the test file is the same with and without a validation file.

    Args:
        texts: Columns `key` (each once), `label` and `side`.
        engine: Whose frame it is.
        name_of: From a value of `label` to the label's name.
        own: The files that the data set comes with.
        choice: How much is kept.
        dropped: What `count_dropped` counted.
        account: What was dropped before, for a message.

    Raises:
        DataPrepError: nothing is left, or only one label.
    """
    counts = _counts(texts)
    _check_enough(_labels(counts, name_of), account, dropped)
    kept = _limited(_balanced(counts) if choice.balance else counts, choice.limit)
    balanced = sum(_balanced(counts).values()) if choice.balance else sum(counts.values())
    dropped = dropped + Counter(
        {
            Dropped.BALANCE: sum(counts.values()) - balanced,
            Dropped.LIMIT: balanced - sum(kept.values()),
        }
    )
    training = {group: count for group, count in kept.items() if group[0] == Side.TRAIN}
    test = {} if Side.TEST in own else _test_texts(training, choice)
    left = {group: count - test.get(group, 0) for group, count in training.items()}
    validation = {} if Side.VALIDATION in own else validation_texts(left, choice)
    train = {group: count - validation.get(group, 0) for group, count in left.items()}
    labels = {
        side: _labels({g: n for g, n in kept.items() if g[0] == side} | taken, name_of)
        for side, taken in (
            (Side.TRAIN, train),
            (Side.VALIDATION, validation),
            (Side.TEST, test),
        )
    }
    _check_files(labels[Side.TRAIN], labels[Side.TEST])
    last = {
        Side.TEST: {group: count for group, count in test.items() if count},
        Side.VALIDATION: {g: n + test.get(g, 0) for g, n in validation.items() if n},
    }
    wanted: dict[Group, set[int]] = defaultdict(set)
    for group, count in kept.items():
        if count < counts[group]:
            wanted[group].add(count)
    for numbers in last.values():
        for group, number in numbers.items():
            wanted[group].add(number)
    keys = _nth_keys(texts, engine, wanted)
    return Split(
        last_kept={g: keys[g][n] for g, n in kept.items() if n < counts[g]},
        last_of={
            side: {group: keys[group][number] for group, number in numbers.items()}
            for side, numbers in last.items()
        },
        dropped=+dropped,
        labels={side: counted for side, counted in labels.items() if counted},
    )


def _counts(texts: Frame) -> dict[Group, int]:
    counted = texts.group_by("side", "label").agg(count=nw.len()).collect()
    rows = counted.select("side", "label", "count").iter_rows()
    return dict(sorted(((side, label), count) for side, label, count in rows))


def _balanced(counts: Mapping[Group, int]) -> dict[Group, int]:
    rarest = {side: min(n for (s, _), n in counts.items() if s == side) for side, _ in counts}
    return {group: rarest[group[0]] for group in counts}


def _limited(counts: Mapping[Group, int], limit: int | None) -> dict[Group, int]:
    total = sum(counts.values())
    if limit is None or total <= limit:
        return dict(counts)
    share = limit / total
    return {group: max(math.floor(count * share), 1) for group, count in counts.items()}


def _test_texts(counts: Mapping[Group, int], choice: Choice) -> dict[Group, int]:
    return {group: _share(count, choice.test_fraction) for group, count in counts.items()}


def validation_texts(counts: Mapping[Group, int], choice: Choice) -> dict[Group, int]:
    """How many texts of each label go into the validation file; none where it would be no use.

    A label keeps two texts to learn from. With texts of one label alone it would call a model good
    that knows no other.
    """
    fraction = choice.validation_fraction
    if fraction is None:
        most = MOST_VALIDATION_TEXTS / max(sum(counts.values()), 1)
        fraction = min(VALIDATION_FRACTION, most)
    taken = {
        group: min(_share(count, fraction), max(count - FEWEST_LEARNED, 0)) if fraction else 0
        for group, count in counts.items()
    }
    return taken if sum(map(bool, taken.values())) > 1 else {}


def _share(count: int, fraction: float) -> int:
    """How many of a label's texts go into a file: one at least, but not all of them."""
    return min(max(math.floor(count * fraction + 0.5), 1), count - 1)


def _nth_keys(
    texts: Frame, engine: Engine, wanted: Mapping[Group, set[int]]
) -> dict[Group, dict[int, int]]:
    """For each group the n-th lowest keys, for each n (from 1) that is wanted."""
    if not wanted:
        return {}
    slotted = engine.with_bucket(texts, bits=HISTOGRAM_BITS)
    histogram = slotted.group_by("side", "label", "bucket").agg(count=nw.len()).collect()
    rows = histogram.select("side", "label", "bucket", "count").iter_rows()
    slots: dict[Group, list[tuple[int, int]]] = defaultdict(list)
    for side, label, slot, count in rows:
        slots[side, label].append((slot, count))
    before: dict[tuple[Group, int], tuple[int, int]] = {}
    for group, numbers in wanted.items():
        for number in numbers:
            passed = 0
            for slot, count in sorted(slots[group]):
                if passed + count >= number:
                    before[group, number] = slot, passed
                    break
                passed += count
    pairs = sorted({(group, slot) for (group, _), (slot, _) in before.items()})
    chosen = slotted.filter(_any(_of(group) & (nw.col("bucket") == slot) for group, slot in pairs))
    keys: dict[tuple[Group, int], list[int]] = defaultdict(list)
    found = chosen.select("side", "label", "bucket", "key").collect()
    for side, label, slot, key in found.iter_rows():
        keys[(side, label), slot].append(key)
    for ordered in keys.values():
        ordered.sort()
    result: dict[Group, dict[int, int]] = defaultdict(dict)
    for (group, number), (slot, passed) in before.items():
        result[group][number] = keys[group, slot][number - passed - 1]
    return result


def _of(group: Group) -> nw.Expr:
    side, label = group
    of_group: nw.Expr = (nw.col("side") == side) & (nw.col("label") == label)
    return of_group


def _any(conditions: Iterable[nw.Expr]) -> nw.Expr:
    result: nw.Expr = reduce(or_, conditions, nw.lit(False))
    return result


def _labels(counts: Mapping[Group, int], name_of: Callable[[Any], str]) -> Counter[str]:
    labels: Counter[str] = Counter()
    for (_, label), count in counts.items():
        labels[name_of(label)] += count
    return +labels


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
