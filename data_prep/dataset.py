"""From labelled reviews to two lists of lines that share no text."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from data_prep.errors import DataPrepError
from data_prep.labels import LabelMap, check_labels, listing
from data_prep.reviews import Review
from review_text import normalise


class Reason(StrEnum):
    """Why a row is in neither file."""

    MALFORMED = "more or fewer fields than the header"
    NO_LABEL = "no label"
    NOT_MAPPED = "label not in --map"
    NO_TEXT = "no text"
    DUPLICATE = "duplicate text"
    CONTRADICTION = "same text, different labels"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Two files' lines, and an account of every row that was read."""

    train: list[str]
    test: list[str]
    rows_in: int
    dropped: Counter[Reason]
    train_labels: Counter[str]
    test_labels: Counter[str]


@dataclass
class _Text:
    """What is known about one normalised text."""

    label: str
    rows: int = 0
    contradicted: bool = False


@dataclass
class DatasetBuilder:
    """Takes reviews one by one, in any order, and then splits what is worth keeping.

    Two rows are the same text if they are the same after normalising: that is what the model sees,
    and a text of the test file that was also trained on would flatter the accuracy.
    """

    label_map: LabelMap
    rows_in: int = 0
    dropped: Counter[Reason] = field(default_factory=Counter)
    _texts: dict[str, _Text] = field(default_factory=dict)
    _left_out: set[str] = field(default_factory=set)

    def add(self, review: Review) -> None:
        """Normalises one review and files it, or counts why not."""
        self.rows_in += 1
        if review.label is None:
            self.dropped[Reason.MALFORMED] += 1
        elif not review.label:
            self.dropped[Reason.NO_LABEL] += 1
        elif (label := self.label_map(review.label)) is None:
            self.dropped[Reason.NOT_MAPPED] += 1
            self._left_out.add(review.label)
        elif not (tokens := normalise(review.text)):
            self.dropped[Reason.NO_TEXT] += 1
        else:
            text = self._texts.setdefault(tokens, _Text(label))
            text.rows += 1
            text.contradicted |= text.label != label

    def split(self, test_fraction: float) -> Dataset:
        """The same fraction of every label into the test file, the rest into the training file.

        Which texts they are, and the order of the lines, follows from a hash of each text: the
        order of the rows has no say, and neither file is sorted by label (which would spoil SGD).

        Args:
            test_fraction: More than 0, less than 1.

        Raises:
            DataPrepError: nothing is left, only one label is, or a label is not acceptable.
        """
        texts = {
            tokens: text.label for tokens, text in self._texts.items() if not text.contradicted
        }
        dropped = self.dropped + Counter(
            {
                Reason.DUPLICATE: sum(self._texts[tokens].rows - 1 for tokens in texts),
                Reason.CONTRADICTION: sum(
                    text.rows for text in self._texts.values() if text.contradicted
                ),
            }
        )
        labels = Counter(texts.values())
        check_labels(labels)
        self._check_enough(labels, dropped)
        quota = {
            label: min(max(1, round(count * test_fraction)), count - 1)
            for label, count in labels.items()
        }
        files: dict[bool, list[str]] = {True: [], False: []}
        counts: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for tokens in sorted(texts, key=_digest):
            label = texts[tokens]
            is_test = counts[True][label] < quota[label]
            files[is_test].append(f"__label__{label} {tokens}")
            counts[is_test][label] += 1
        return Dataset(
            train=files[False],
            test=files[True],
            rows_in=self.rows_in,
            dropped=dropped,
            train_labels=counts[False],
            test_labels=counts[True],
        )

    def _check_enough(self, labels: Counter[str], dropped: Counter[Reason]) -> None:
        account = ", ".join(f"{reason}: {count:,}" for reason, count in dropped.items())
        if self._left_out and len(labels) < 2:
            account += f"; labels not in --map: {listing(self._left_out)}"
        if not labels:
            raise DataPrepError(f"no row is left of {self.rows_in:,} ({account or 'no rows'})")
        if len(labels) == 1:
            raise DataPrepError(
                f"only the label {next(iter(labels))!r} is left of {self.rows_in:,} rows, and a "
                f"classifier needs two ({account or 'none dropped'}). Check --label and --map"
            )
        if max(labels.values()) == 1:
            raise DataPrepError(
                f"every label has a single text ({listing(labels)}): a test file needs a second "
                "one. Check --label"
            )


def build_dataset(
    reviews: Iterable[Review], *, label_map: LabelMap, test_fraction: float
) -> Dataset:
    """All of it in one call; see `DatasetBuilder`."""
    builder = DatasetBuilder(label_map)
    for review in reviews:
        builder.add(review)
    return builder.split(test_fraction)


def _digest(tokens: str) -> bytes:
    return hashlib.blake2b(tokens.encode(), digest_size=16).digest()
