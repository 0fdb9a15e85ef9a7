"""The options of `sample` and `prepare`, and the request that they make."""

import argparse
from pathlib import Path

from data_prep.dataset.additions import Additions
from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import MOST_BAD
from data_prep.reading.labels import parse_label_map
from data_prep.reading.layout import PRESETS, Layout, preset
from data_prep.request import Request
from data_prep.transform.split import MOST_VALIDATION_TEXTS, VALIDATION_FRACTION, Choice

_FEWEST_TEXTS = 4


def add_layout_options(parser: argparse.ArgumentParser) -> None:
    """What the source looks like, and how much of it is wanted."""
    parser.add_argument("--preset", choices=PRESETS, help="a data set whose columns are known")
    parser.add_argument(
        "--classes", type=int, choices=(2, 3, 5), help="how many labels a preset has (default: 2)"
    )
    parser.add_argument("--text", metavar="COLUMN[,COLUMN]", help="joined in order")
    parser.add_argument("--label", metavar="COLUMN")
    parser.add_argument("--columns", metavar="NAME,NAME", help="of CSV files without a header line")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="VALUE[,VALUE]=LABEL",
        help="what label values are called, e.g. 4,5=positive; rows with others are dropped",
    )
    parser.add_argument(
        "--balance", action="store_true", help="as many texts of each label as of the rarest"
    )
    parser.add_argument("--limit", type=_count, metavar="N", help="at most N texts in all")
    parser.add_argument(
        "--max-bad",
        type=_percentage,
        default=MOST_BAD,
        metavar="PERCENT",
        help="how many rows may be unusable (default: 1)",
    )


def add_common_options(parser: argparse.ArgumentParser, *, out: Path) -> None:
    """What both commands have."""
    parser.add_argument(
        "--out", type=Path, default=out, metavar="DIR", help=f"default: {out.as_posix()}"
    )
    parser.add_argument(
        "--test-fraction", type=_fraction, default=0.1, metavar="F", help="default: 0.1"
    )
    parser.add_argument(
        "--validation-fraction",
        type=_fraction_or_none,
        metavar="F",
        help="of what the test file leaves, for early stopping and tuning to look at (default: "
        f"{VALIDATION_FRACTION}, at most {MOST_VALIDATION_TEXTS:,} texts). 0: no validation file, "
        "so that they look at the test file, and the accuracy is too good",
    )
    parser.add_argument(
        "--no-parts",
        action="store_true",
        help="no halves and quarters of the training texts (docs/accuracy.md)",
    )
    parser.add_argument(
        "--no-emoticons",
        action="store_true",
        help="no emoticon lexicon in the training file (docs/accuracy.md)",
    )


def request_of(options: argparse.Namespace, layout: Layout) -> Request:
    """What is asked for; `sample` leaves what only `prepare` has at its default."""
    return Request(
        layout=layout,
        command=options.command,
        choice=Choice(
            test_fraction=options.test_fraction,
            validation_fraction=options.validation_fraction,
            balance=getattr(options, "balance", False),
            limit=getattr(options, "limit", None),
        ),
        additions=Additions(parts=not options.no_parts, emoticons=not options.no_emoticons),
        most_bad=getattr(options, "max_bad", MOST_BAD),
    )


def layout_of(options: argparse.Namespace) -> Layout:
    """What the source looks like.

    Raises:
        DataPrepError: the options do not say it, or say it twice.
    """
    own = {"--text": options.text, "--label": options.label, "--columns": options.columns}
    if options.preset:
        if given := [name for name, value in {**own, "--map": options.map}.items() if value]:
            raise DataPrepError(f"--preset {options.preset} already says what {given[0]} says")
        return preset(options.preset, options.classes or 2)
    missing = [name for name in ("--text", "--label") if not own[name]]
    if missing:
        presets = ", ".join(PRESETS)
        raise DataPrepError(f"{' and '.join(missing)} missing; or use a --preset: {presets}")
    layout = Layout(
        text=_names(options.text),
        label=options.label,
        labels=parse_label_map(options.map),
        columns=_names(options.columns) if options.columns else None,
    )
    if options.classes and len(set(layout.labels.names.values())) != options.classes:
        raise DataPrepError(f"--classes {options.classes}: --map does not name so many labels")
    return layout


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(","))


def _fraction(value: str) -> float:
    number = float(value)
    if not 0 < number < 1:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 1; 0.1 is usual")
    return number


def _fraction_or_none(value: str) -> float:
    return 0.0 if float(value) == 0 else _fraction(value)


def _percentage(value: str) -> float:
    number = float(value.removesuffix("%"))
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{value} is not between 0 and 100 percent")
    return number / 100


def _count(value: str) -> int:
    number = int(value)
    if number < _FEWEST_TEXTS:
        raise argparse.ArgumentTypeError(f"{value} is too few for two files with two labels")
    return number
