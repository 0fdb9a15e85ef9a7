"""Labels of files that `prepare` did not write."""

import re
from collections.abc import Iterator, Mapping

from data_prep.dataset.accept import Accept
from data_prep.dataset.finding import MOST_ODD, Finding, where
from data_prep.dataset.label_lines import LabelLines, Occurrences
from data_prep.reading.labels import MOST_LABELS, listing
from tier_layout.bucket import TRAIN_FILE

FEWEST_TEXTS_A_LABEL = 20
FEW_LABELS = 20
"""Above so many labels, each has to have so many texts on average: else they are words."""
_NAME = re.compile(r"[\w-]+")


def odd_labels(file: LabelLines) -> Iterator[Finding]:
    """Labels that have grown together with a word, those that are words, and spellings of one."""
    blank = "A blank is missing behind the label, perhaps"
    odd = {label: found for label, found in file.labels.items() if not _NAME.fullmatch(label)}
    glued = {
        label: found
        for label, found in file.labels.items()
        if label not in odd and _is_glued(label, found, file.labels)
    }
    spelled: dict[str, str] = {}
    twice = {
        label: found
        for label, found in file.labels.items()
        if spelled.setdefault(label.casefold(), label) != label
    }
    for labels, why, remedy in (
        (odd, "is not of letters, digits, _ and - alone", blank),
        (glued, "is rare and begins like a frequent one", blank),
        (twice, "is another one's in other capitals", "Write each label in one way"),
    ):
        if labels:
            label, found = min(labels.items(), key=lambda entry: entry[1].line)
            others = f" ({len(labels) - 1:,} more are like it)" if len(labels) > 1 else ""
            yield Finding(
                text=f"{where(file, found)}: the label {label!r} {why}{others}. {remedy}",
                accept=Accept.LABELS,
            )
    count = len(file.labels)
    few = count > FEW_LABELS and file.lines < FEWEST_TEXTS_A_LABEL * count
    if count > MOST_LABELS or few:
        yield Finding(
            text=f"{file.path} has {count:,} labels in {file.lines:,} lines, such as "
            f"{listing(file.labels)}. {blank}",
            accept=Accept.LABELS,
        )


def _is_glued(label: str, found: Occurrences, labels: Mapping[str, Occurrences]) -> bool:
    """Whether a label is another one with a word behind it: `positivegreat`."""
    return any(
        label.startswith(other)
        and found.count <= max(1, MOST_ODD * known.count)
        and found.count < known.count
        for other, known in labels.items()
    )


def label_sets(files: Mapping[str, LabelLines]) -> Iterator[Finding]:
    """Files whose labels teach or measure too little."""
    train = files[TRAIN_FILE]
    if len(train.labels) == 1:
        yield Finding(
            text=f"{train.path} has only the label {listing(train.labels)}, and a classifier "
            "needs two"
        )
    for file in files.values():
        if file is train or not file.labels or len(train.labels) < 2:
            continue
        if len(file.labels) == 1:
            yield Finding(
                text=f"{file.path} has only the label {listing(file.labels)}: what it says of a "
                "model is true for that label alone",
                accept=Accept.ONE_LABEL,
            )
        if foreign := {n: f for n, f in file.labels.items() if n not in train.labels}:
            label, found = min(foreign.items(), key=lambda entry: entry[1].line)
            yield Finding(
                text=f"{where(file, found)} has the label {label!r}, which {train.path} has not "
                f"(it has {listing(train.labels)}): a model cannot answer with it",
                accept=Accept.UNKNOWN_LABELS,
            )
