"""Which texts are kept, and in which file they go: cut-offs in the order of their hashes.

Everything is said in narwhals and small counts, so it is the same split on Polars and on Spark, and
no engine has to number, sort or move the texts for it.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import Any

import narwhals as nw

from data_prep.errors import DataPrepError
from data_prep.reading.labels import listing
from data_prep.transform.rows import Engine, Frame

Group = tuple[bool, Any]
"""`is_test` and `label` of texts among which is chosen."""

HISTOGRAM_BITS = 12
"""A cut-off is looked for among the keys of one of so many bits' slots: one of 4,096."""


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


@dataclass(frozen=True, kw_only=True)
class Split:
    """What decides on every text, and the account of the texts that are not kept."""

    last_kept: Mapping[Group, int]
    """Key of the last text that is kept, for the groups that do not keep all."""
    last_of_test: Mapping[Group, int]
    """Key of the last text of the test file, if the data set does not come with one."""
    dropped: Counter[Dropped]
    train_labels: Counter[str]
    test_labels: Counter[str]

    def sides(self, texts: Frame) -> Frame:
        """The texts that are kept, with a column `to_test`."""
        to_test = _any(
            _of(group) & (nw.col("key") <= last) for group, last in self.last_of_test.items()
        )
        kept = texts.with_columns(to_test=nw.col("is_test") | to_test)
        if not self.last_kept:
            return kept
        beyond = (_of(group) & (nw.col("key") > last) for group, last in self.last_kept.items())
        return kept.filter(~_any(beyond))


def unique_texts(texts: Frame) -> Frame:
    """Of `by_text`'s result: the texts of one label, and whether they belong to the test file."""
    return texts.filter(nw.col("label") == nw.col("last_label")).with_columns(
        is_test=nw.col("test_rows") > 0
    )


def count_dropped(texts: Frame) -> Counter[Dropped]:
    """How many rows `unique_texts` and `by_text` leave out between them, by reason."""
    rows, test_rows = nw.col("rows").cast(nw.Int64), nw.col("test_rows").cast(nw.Int64)
    contradicts = nw.col("label") != nw.col("last_label")
    in_test = ~contradicts & (test_rows > 0)
    only_in_training = ~contradicts & (test_rows == 0)
    nothing = nw.lit(0, dtype=nw.Int64)
    counts = {
        Dropped.CONTRADICTION: nw.when(contradicts).then(rows).otherwise(nothing),
        Dropped.IN_TEST: nw.when(in_test).then(rows - test_rows).otherwise(nothing),
        Dropped.DUPLICATE: (
            nw.when(in_test).then(test_rows - 1).otherwise(nothing)
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
    has_test: bool,
    choice: Choice,
    dropped: Counter[Dropped],
    account: str,
) -> Split:
    """Finds the cut-offs. The order of rows has no part in it.

    Of every label the texts with the lowest hashes go into the test file, as far as the data set
    does not come with one; and it is the highest that balance and limit leave out.

    Args:
        texts: Columns `key` (each once), `label` and `is_test`.
        engine: Whose frame it is.
        name_of: From a value of `label` to the label's name.
        has_test: The data set comes with a test file.
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
    test = {
        (is_test, label): count if is_test else _test_texts(count, choice, has_test=has_test)
        for (is_test, label), count in kept.items()
    }
    train = {group: kept[group] - test[group] for group in kept}
    train_labels, test_labels = _labels(train, name_of), _labels(test, name_of)
    _check_files(train_labels, test_labels)
    wanted: dict[Group, set[int]] = defaultdict(set)
    for group, count in kept.items():
        if count < counts[group]:
            wanted[group].add(count)
        if test[group] and not group[0]:
            wanted[group].add(test[group])
    keys = _nth_keys(texts, engine, wanted)
    return Split(
        last_kept={g: keys[g][n] for g, n in kept.items() if n < counts[g]},
        last_of_test={g: keys[g][n] for g, n in test.items() if n and not g[0]},
        dropped=+dropped,
        train_labels=train_labels,
        test_labels=test_labels,
    )


def _counts(texts: Frame) -> dict[Group, int]:
    counted = texts.group_by("is_test", "label").agg(count=nw.len()).collect()
    rows = counted.select("is_test", "label", "count").iter_rows()
    return dict(sorted(((is_test, label), count) for is_test, label, count in rows))


def _balanced(counts: Mapping[Group, int]) -> dict[Group, int]:
    rarest = {part: min(n for (p, _), n in counts.items() if p == part) for part, _ in counts}
    return {group: rarest[group[0]] for group in counts}


def _limited(counts: Mapping[Group, int], limit: int | None) -> dict[Group, int]:
    total = sum(counts.values())
    if limit is None or total <= limit:
        return dict(counts)
    share = limit / total
    return {group: max(math.floor(count * share), 1) for group, count in counts.items()}


def _test_texts(count: int, choice: Choice, *, has_test: bool) -> int:
    """How many of a label's texts go into the test file: one at least, but not all of them."""
    if has_test:
        return 0
    return min(max(math.floor(count * choice.test_fraction + 0.5), 1), count - 1)


def _nth_keys(
    texts: Frame, engine: Engine, wanted: Mapping[Group, set[int]]
) -> dict[Group, dict[int, int]]:
    """For each group the n-th lowest keys, for each n (from 1) that is wanted."""
    if not wanted:
        return {}
    slotted = engine.with_bucket(texts, bits=HISTOGRAM_BITS)
    histogram = slotted.group_by("is_test", "label", "bucket").agg(count=nw.len()).collect()
    rows = histogram.select("is_test", "label", "bucket", "count").iter_rows()
    slots: dict[Group, list[tuple[int, int]]] = defaultdict(list)
    for is_test, label, slot, count in rows:
        slots[is_test, label].append((slot, count))
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
    found = chosen.select("is_test", "label", "bucket", "key").collect()
    for is_test, label, slot, key in found.iter_rows():
        keys[(is_test, label), slot].append(key)
    for ordered in keys.values():
        ordered.sort()
    result: dict[Group, dict[int, int]] = defaultdict(dict)
    for (group, number), (slot, passed) in before.items():
        result[group][number] = keys[group, slot][number - passed - 1]
    return result


def _of(group: Group) -> nw.Expr:
    is_test, label = group
    mine = nw.col("is_test") if is_test else ~nw.col("is_test")
    of_group: nw.Expr = mine & (nw.col("label") == label)
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
