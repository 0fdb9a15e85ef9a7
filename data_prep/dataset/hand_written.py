"""Files that `prepare` did not write are held to the rules that its own files keep."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from data_prep.dataset.accept import Accept
from data_prep.dataset.label_lines import (
    LabelLines,
    Occurrences,
    Oddity,
    begins_with_mark,
    shown,
)
from data_prep.errors import DataPrepError
from data_prep.reading.labels import MOST_LABELS, listing
from tier_layout.bucket import TRAIN_FILE
from tier_layout.labels import LABEL_PREFIX, UNSURE

MOST_ODD = 0.01
"""The share of a file's lines that may be odd before it is refused; of rows that are bad, `prepare`
allows as many, and of evaluation texts that the model has seen the gate does."""
FEWEST_TEXTS_A_LABEL = 20
FEW_LABELS = 20
"""Above so many labels, each has to have so many texts on average: else they are words."""
_PREPARE = "`python -m data_prep prepare` writes such files from a table of texts and labels"
_NAME = re.compile(r"[\w-]+")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that a person has to know of the files."""

    text: str
    """What, where, and what to do about it."""
    accept: Accept | None = None
    """What makes it acceptable; None where nothing does."""
    refused: bool = True
    """Whether it is too much to go on."""


def check_hand_written(
    files: Mapping[str, LabelLines], accepted: Collection[Accept] = ()
) -> list[str]:
    """Make sure that a model could learn from the files what the API asks.

    Args:
        files: the training, the validation (if there is one) and the test file, by what `prepare`
            calls them; looked through to the end.
        accepted: what somebody has accepted.

    Returns:
        What is odd and lets them pass, for a person.

    Raises:
        DataPrepError: lists every problem with file, line and remedy.
    """
    findings = [*_findings(files)]
    refused = [f for f in findings if f.refused and f.accept not in accepted]
    if refused:
        remedies = sorted({f"--accept {finding.accept}" for finding in refused if finding.accept})
        meant = f". If it is meant: {' '.join(remedies)}" if remedies else ""
        every = ". ".join(finding.text for finding in refused)
        raise DataPrepError(f"{every}{meant}")
    return [finding.text for finding in findings]


def _findings(files: Mapping[str, LabelLines]) -> Iterator[Finding]:
    for file in files.values():
        yield from _odd_lines(file)
        yield from _odd_labels(file)
    yield from _label_sets(files)
    yield from _overlaps([*files.values()])


def _odd_lines(file: LabelLines) -> Iterator[Finding]:
    if found := file.odd.get(Oddity.NO_LABEL):
        remedy = f"Each line begins like {LABEL_PREFIX}positive, with a blank behind it. {_PREPARE}"
        if begins_with_mark(found):
            remedy = "It begins with a byte order mark: save the file as UTF-8 without one"
        yield Finding(text=f"{_where(file, found)} has no {LABEL_PREFIX}. {remedy}")
    if found := file.labels.get(UNSURE):
        yield Finding(
            text=f"{_where(file, found)} has the label {UNSURE!r}, which is the API's own word for "
            "a text that it will not guess about. Give it another name"
        )
    if found := file.odd.get(Oddity.CARRIAGE_RETURN):
        yield Finding(
            text=f"{_where(file, found)} has a carriage return in it, where BlazingText does not "
            "end a line. Save the file with line feeds"
        )
    if found := file.odd.get(Oddity.EMPTY):
        yield _by_share(file, found, Accept.EMPTY_TEXTS, "a label and no text", "Remove such lines")
    if found := file.odd.get(Oddity.NOT_NORMALISED):
        yield _by_share(
            file,
            found,
            Accept.NOT_NORMALISED,
            "other words than the API asks a model for",
            "It splits words from punctuation and lower-cases them, for example. " + _PREPARE,
        )
    if found := file.odd.get(Oddity.SEVERAL_LABELS):
        yield Finding(
            text=f"{_where(file, found)} and {found.count - 1:,} others have several labels: a "
            "model learns each, and the first that it guesses counts",
            refused=False,
        )


def _by_share(
    file: LabelLines, found: Occurrences, accept: Accept, what: str, remedy: str
) -> Finding:
    share = found.count / file.lines
    return Finding(
        text=f"{found.count:,} of the {file.lines:,} lines of {file.path.name} have {what}, first "
        f"{_where(file, found)}. {remedy}",
        accept=accept,
        refused=share > MOST_ODD,
    )


def _odd_labels(file: LabelLines) -> Iterator[Finding]:
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
                text=f"{_where(file, found)}: the label {label!r} {why}{others}. {remedy}",
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


def _label_sets(files: Mapping[str, LabelLines]) -> Iterator[Finding]:
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
                text=f"{_where(file, found)} has the label {label!r}, which {train.path} has not "
                f"(it has {listing(train.labels)}): a model cannot answer with it",
                accept=Accept.UNKNOWN_LABELS,
            )


def _overlaps(files: list[LabelLines]) -> Iterator[Finding]:
    for number, file in enumerate(files):
        for seen in files[:number]:
            texts = file.texts
            common = int(texts.is_in(seen.texts.unique().implode()).sum())
            if common:
                yield Finding(
                    text=f"{common:,} of the {len(texts):,} texts of {file.path} also stand in "
                    f"{seen.path}: an accuracy on texts that the model has seen is worth nothing. "
                    "Remove them from one of the files",
                    accept=Accept.OVERLAP,
                    refused=common > MOST_ODD * len(texts),
                )


def _where(file: LabelLines, found: Occurrences) -> str:
    return f"{file.path}, line {found.line:,} ({shown(found.beginning)})"
