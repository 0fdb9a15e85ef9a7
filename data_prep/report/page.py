"""`python -m data_prep report`: one HTML page that shows what a model would learn from.

The page needs nothing but itself: no script, no network. Whatever stands in a review is escaped by
the template engine, and a Content-Security-Policy lets no script run should that ever fail. Its
plots are all bars, so the template draws them as SVG: a chart library (pygal was tried) brings
colours, style sheets and scripts of its own, which neither that policy nor a dark page can take.
"""

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import report_page
from data_prep.dataset.files import REPORT_FILE, replaced_file
from data_prep.errors import DataPrepError
from data_prep.reading.shown import printable
from data_prep.report.figures import BINS, OPENING_WORDS, Figures, measure
from data_prep.report.words import MAX_WORDS, MIN_REVIEWS, Vocabulary, speaking_terms
from tier_layout.bucket import TEST_FILE, TRAIN_FILE, VALIDATION_FILE
from tier_layout.manifest import Manifest, ManifestError, read_manifest

# Beyond it, a model gains accuracy by preferring the frequent label.
UNBALANCED = 3.0


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    good: bool
    text: str


def write_report(directory: Path, out: Path | None = None) -> Path:
    """Writes the page about the files and `dataset.json` in a directory.

    Args:
        directory: What `prepare` wrote. `validation.txt` and `dataset.json` may be missing, and the
            page then says so.
        out: The page; by default `report.html` in the same directory.

    Returns:
        Where the page is.

    Raises:
        DataPrepError: a file of reviews cannot be read, or the page cannot be written.
    """
    train, validation, test = (
        directory / name for name in (TRAIN_FILE, VALIDATION_FILE, TEST_FILE)
    )
    if missing := [file.name for file in (train, test) if not file.is_file()]:
        raise DataPrepError(
            f"{directory} has no {' and no '.join(missing)}. Write them with "
            "`python -m data_prep prepare` or `sample`"
        )
    out = out or directory / REPORT_FILE
    files = [file for file in (train, validation, test) if file.is_file()]
    if out.resolve() in [file.resolve() for file in files]:
        raise DataPrepError(f"{out} holds the reviews. Choose another file with --out")
    read_from = directory.stat().st_ino
    figures = measure(*files)
    vocabulary = speaking_terms(train, words=figures.train.words)
    manifest, problem = None, ""
    try:
        manifest = read_manifest(directory)
    except ManifestError as error:
        problem = str(error)
    page = render(directory.resolve().name, figures, vocabulary, manifest, problem)
    with replaced_file(out) as partial:
        partial.write_text(page, encoding="utf-8", errors="replace", newline="\n")
        if not directory.exists() or directory.stat().st_ino != read_from:
            raise DataPrepError(
                f"{directory} was prepared anew while its files were read: run the command again"
            )
    return out


def render(
    title: str,
    figures: Figures,
    vocabulary: Vocabulary,
    manifest: Manifest | None,
    manifest_problem: str = "",
) -> str:
    """The page as text; the same figures give the same text."""
    return report_page.render(
        Path(__file__).parent,
        title=title,
        figures=figures,
        vocabulary=vocabulary,
        manifest=manifest,
        manifest_problem=manifest_problem,
        checks=_checks(figures, manifest, manifest_problem),
        bins=BINS,
        opening_words=OPENING_WORDS,
        max_words=MAX_WORDS,
        min_reviews=MIN_REVIEWS,
    )


def _checks(figures: Figures, manifest: Manifest | None, problem: str) -> list[Check]:
    files = figures.files
    unlabelled = sum(file.unlabelled for file in files)
    empty = sum(file.empty for file in files)
    checks = [
        _third_file(figures),
        *(
            _none(pair.leaked, f"reviews in {pair.name} whose text is in {pair.seen_in}, too")
            for pair in figures.in_common
        ),
        *(
            _none(
                pair.similar,
                f"reviews in {pair.name} that begin like one in {pair.seen_in} "
                f"({OPENING_WORDS} words)",
            )
            for pair in figures.in_common
        ),
        *(_none(file.repeated, f"repeated texts in {file.name}") for file in files),
        _none(figures.contradictions, "texts under two labels"),
        _none(unlabelled, "lines without a label"),
        _none(empty, "lines without a text"),
        *_balance(figures),
    ]
    if manifest is None:
        checks.append(Check(good=False, text=f"Nothing to compare the files with: {problem}"))
    else:
        checks += [_as_manifest(file.name, file.sha256, manifest) for file in files]
    return checks


def _third_file(figures: Figures) -> Check:
    if any(file.name == VALIDATION_FILE for file in figures.files):
        return Check(good=True, text=f"Early stopping and tuning look at {VALIDATION_FILE}")
    return Check(
        good=False,
        text=f"There is no {VALIDATION_FILE}: early stopping and tuning look at {TEST_FILE}, and "
        "the accuracy on it is optimistic",
    )


def _none(count: int, what: str) -> Check:
    return Check(good=not count, text=f"{f'{count:,}' if count else 'No'} {what}")


def _balance(figures: Figures) -> list[Check]:
    labels = figures.train.labels
    everywhere = set(labels).intersection(*(file.labels for file in figures.files))
    if missing := sorted(set(figures.labels) - everywhere):
        named = ", ".join(missing[:5])
        return [Check(good=False, text=f"Labels that not every file has: {named}")]
    if len(labels) < 2:
        return [
            Check(good=False, text=f"A classifier needs two labels, and here are {len(labels)}")
        ]
    ratio = max(labels.values()) / min(labels.values())
    text = f"The most frequent label has {ratio:.2f} times the reviews of the rarest"
    return [Check(good=ratio <= UNBALANCED, text=text)]


def _as_manifest(name: str, sha256: str, manifest: Manifest) -> Check:
    same = manifest.sha256.get(name) == sha256
    how = "is the file that" if same else "is not the file that"
    return Check(good=same, text=f"{name} {how} dataset.json describes (SHA-256)")


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `report` to the command line."""
    parser = commands.add_parser("report", help="a page that shows what is in prepared files")
    parser.set_defaults(run=_run)
    parser.add_argument("directory", type=Path, metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE", help=f"default: DIR/{REPORT_FILE}")


def _run(options: argparse.Namespace) -> None:
    out = write_report(options.directory, options.out)
    print(f"{printable(str(out))}: open it in a browser", file=sys.stderr)
