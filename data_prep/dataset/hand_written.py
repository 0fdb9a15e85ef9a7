"""Files that `prepare` did not write are held to the rules that its own files keep."""

from collections.abc import Collection, Iterator, Mapping

from data_prep.dataset.accept import Accept
from data_prep.dataset.finding import MOST_ODD, Finding, where
from data_prep.dataset.label_findings import label_sets, odd_labels
from data_prep.dataset.label_lines import (
    LabelLines,
    Occurrences,
    Oddity,
    begins_with_mark,
)
from data_prep.errors import DataPrepError
from tier_layout.labels import LABEL_PREFIX, UNSURE

_PREPARE = "`python -m data_prep prepare` writes such files from a table of texts and labels"


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
        yield from odd_labels(file)
    yield from label_sets(files)
    yield from _overlaps([*files.values()])


def _odd_lines(file: LabelLines) -> Iterator[Finding]:
    if found := file.odd.get(Oddity.NO_LABEL):
        remedy = f"Each line begins like {LABEL_PREFIX}positive, with a blank behind it. {_PREPARE}"
        if begins_with_mark(found):
            remedy = "It begins with a byte order mark: save the file as UTF-8 without one"
        yield Finding(text=f"{where(file, found)} has no {LABEL_PREFIX}. {remedy}")
    if found := file.labels.get(UNSURE):
        yield Finding(
            text=f"{where(file, found)} has the label {UNSURE!r}, which is the API's own word for "
            "a text that it will not guess about. Give it another name"
        )
    if found := file.odd.get(Oddity.CARRIAGE_RETURN):
        yield Finding(
            text=f"{where(file, found)} has a carriage return in it, where BlazingText does not "
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
            text=f"{found.count:,} of the {file.lines:,} lines of {file.path.name} have several "
            f"labels, first {where(file, found)}: a model learns each, and any of them is right",
            refused=False,
        )


def _by_share(
    file: LabelLines, found: Occurrences, accept: Accept, what: str, remedy: str
) -> Finding:
    share = found.count / file.lines
    return Finding(
        text=f"{found.count:,} of the {file.lines:,} lines of {file.path.name} have {what}, first "
        f"{where(file, found)}. {remedy}",
        accept=accept,
        refused=share > MOST_ODD,
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
