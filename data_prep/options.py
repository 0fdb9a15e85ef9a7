"""The options of `sample` and `prepare`, and the request that they make."""

import argparse
from dataclasses import replace
from pathlib import Path

from data_prep.dataset.additions import Additions
from data_prep.errors import DataPrepError
from data_prep.reading.bad_rows import MOST_BAD
from data_prep.reading.encoding import known_encoding
from data_prep.reading.labels import names_in, parse_label_map
from data_prep.reading.layout import PRESETS, SAMPLE, Layout, Quoting, preset
from data_prep.reading.shown import as_option, as_word
from data_prep.request import Request
from data_prep.transform.split import MOST_VALIDATION_TEXTS, VALIDATION_FRACTION, Choice
from tier_layout.few_texts import FEW_TEXTS

_FEWEST_TEXTS = 4


QUOTING_RULE = """\
names and values:
  Where an option takes several, commas part them. One that has a comma, a quote
  or a line break in it, or blanks around it, is quoted as in a CSV file, inside
  the shell's own quotes:
      --text title,text                    two columns
      --text '"Review, in full"'           one, with a comma
      --map '"Good, really",Fine=positive' two values
      --map '"5"" screen"=small'           one, with a quote: 5" screen
  A value may begin with a minus: --map -1=negative. Messages show names in the
  form in which they can be pasted.
  Label values are compared by what they mean: 5, 5.0, " 5" and 05 are one, and
  so are True and TRUE, in every format. fastText's prefix __label__ is left out.
"""
EXAMPLES = """\
examples:
  python -m data_prep prepare reviews.csv --text title,text --label stars \\
    --map 1,2=negative --map 4,5=positive --out data/prepared
  python -m data_prep prepare export.txt --delimiter ';' --encoding windows-1252 \\
    --text Kommentar --label Note --map 1=positive --map 5,6=negative
  python -m data_prep prepare tweets.jsonl --text tweet.text --label user.mood
"""


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """How the source is read; most of it is found by looking."""
    group = parser.add_argument_group(
        "how files are read",
        "CSV, TSV, JSON, JSON Lines, Parquet and Excel, packed or not: each file is taken\n"
        "for what its first bytes say, whatever its name. These options are for when\n"
        "looking goes wrong; what was guessed is said on standard error.",
    )
    group.add_argument(
        "--delimiter",
        type=_delimiter,
        metavar="CHARACTER",
        help="what parts the fields of CSV files: one ASCII character, or the word tab (default: "
        "the one of , ; tab | that fits)",
    )
    group.add_argument(
        "--quoting",
        choices=[each.value for each in Quoting],
        help='how CSV files write quotes in a text: "" (doubled), \\" (backslash), or any '
        "character as it is (none) (default: the one that fits)",
    )
    group.add_argument(
        "--columns",
        metavar="NAME[,NAME...]",
        help="the columns of CSV files and sheets that have no header line",
    )
    group.add_argument(
        "--comment", metavar="TEXT", help="lines of CSV files that begin so are left out, e.g. '#'"
    )
    group.add_argument(
        "--encoding",
        type=_encoding,
        metavar="NAME",
        help="of text files, e.g. windows-1252, utf-16, gb18030, shift_jis; any language is read "
        "(default: UTF-8, the byte order mark's, or a guess)",
    )
    group.add_argument(
        "--sheet", metavar="NAME", help="of Excel workbooks (default: the first with the columns)"
    )
    group.add_argument(
        "--keep-na",
        action="store_true",
        help="nan, NaN, NA, N/A, None, null and the like in CSV files and sheets are words "
        "(default: missing values, as pandas has it)",
    )


def add_layout_options(parser: argparse.ArgumentParser) -> None:
    """Which columns hold text and label, and how much of it is wanted."""
    group = parser.add_argument_group("columns and labels")
    group.add_argument("--preset", choices=PRESETS, help="a data set whose columns are known")
    group.add_argument(
        "--classes", type=int, choices=(2, 3, 5), help="how many labels a preset has (default: 2)"
    )
    group.add_argument(
        "--text",
        metavar="COLUMN[,COLUMN...]",
        help="columns with text, joined in order; in JSON and Parquet also a path, review.text",
    )
    group.add_argument("--label", metavar="COLUMN", help="the column with the label")
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="VALUE[,VALUE...]=LABEL",
        help="what label values are called, e.g. 4,5=positive; rows with others are dropped "
        "(default: labels are as they are in the file)",
    )
    group.add_argument(
        "--estimate",
        action="store_true",
        help="say what accuracy to expect, and whether BlazingText or logistic regression learns "
        f"more: for fewer than {FEW_TEXTS:,} training texts, a minute a thousand long ones",
    )
    group = parser.add_argument_group("what is kept")
    group.add_argument(
        "--balance", action="store_true", help="as many texts of each label as of the rarest"
    )
    group.add_argument("--limit", type=_count, metavar="N", help="at most N texts in all")
    group.add_argument(
        "--max-bad",
        type=_percentage,
        default=MOST_BAD,
        metavar="PERCENT",
        help="how many rows may be unusable (default: 1)",
    )


def add_common_options(parser: argparse.ArgumentParser, *, out: Path) -> None:
    """What both commands have."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--out", type=Path, default=out, metavar="DIR", help=f"default: {out.as_posix()}"
    )
    group.add_argument(
        "--test-fraction",
        type=_fraction,
        default=0.1,
        metavar="F",
        help="how many of the texts go into test.txt (default: 0.1)",
    )
    group.add_argument(
        "--validation-fraction",
        type=_fraction_or_none,
        metavar="F",
        help="of what the test file leaves, for early stopping and tuning to look at (default: "
        f"{VALIDATION_FRACTION}, at most {MOST_VALIDATION_TEXTS:,} texts). 0: no validation file, "
        "so that they look at the test file, and the accuracy is too good",
    )
    group.add_argument(
        "--no-parts",
        action="store_true",
        help="no halves and quarters of the training texts (docs/accuracy.md)",
    )
    group.add_argument(
        "--no-emoticons",
        action="store_true",
        help="no emoticon lexicon in the training file (docs/accuracy.md)",
    )
    group.add_argument(
        "--short-texts",
        action=argparse.BooleanOptionalAction,
        help="sentences of film reviews and a word lexicon in the training file, if labels are "
        "negative and positive; helps on single sentences (docs/accuracy.md). Default: sample only",
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
        additions=Additions(
            parts=not options.no_parts,
            emoticons=not options.no_emoticons,
            short_texts=layout is SAMPLE if options.short_texts is None else options.short_texts,
        ),
        most_bad=getattr(options, "max_bad", MOST_BAD),
    )


def layout_of(options: argparse.Namespace) -> Layout:
    """What the source looks like.

    Raises:
        DataPrepError: the options do not say it, or say it twice.
    """
    own = {"--text": options.text, "--label": options.label, "--columns": options.columns}
    reading = {
        "delimiter": options.delimiter,
        "quoting": options.quoting and Quoting(options.quoting),
        "comment": options.comment,
        "encoding": options.encoding,
        "sheet": options.sheet,
        "keep_na": options.keep_na,
    }
    if options.preset:
        if given := [name for name, value in {**own, "--map": options.map}.items() if value]:
            raise DataPrepError(f"--preset {options.preset} already says what {given[0]} says")
        return replace(preset(options.preset, options.classes or 2), **reading)
    missing = [name for name in ("--text", "--label") if not own[name]]
    if missing:
        presets = ", ".join(PRESETS)
        raise DataPrepError(f"{' and '.join(missing)} missing; or use a --preset: {presets}")
    layout = Layout(
        text=_names("--text", options.text),
        label=_label(options.label),
        labels=parse_label_map(options.map),
        columns=_names("--columns", options.columns) if options.columns else None,
        **reading,
    )
    if options.classes and len(set(layout.labels.names.values())) != options.classes:
        raise DataPrepError(f"--classes {options.classes}: --map does not name so many labels")
    return layout


def _names(option: str, value: str) -> tuple[str, ...]:
    try:
        names = names_in(value)
    except ValueError as error:
        raise DataPrepError(
            f"{option} {as_word(value)}: {error}. A name with a quote or a comma in it is "
            f"quoted as in a CSV file, for example {option} {as_option('Review, in full')}"
        ) from error
    return tuple(names)


def _label(value: str) -> str:
    """One name: what commas it has are its own."""
    names = _names("--label", value)
    return names[0] if len(names) == 1 else value


def _delimiter(value: str) -> str:
    character = {"tab": "\t", "\\t": "\t"}.get(value.lower(), value)
    if len(character) != 1 or not character.isascii() or character in '"\r\n\0':
        raise argparse.ArgumentTypeError(
            f"{value!r} is not one ASCII character (for a tab, write tab)"
        )
    return character


def _encoding(value: str) -> str:
    try:
        return known_encoding(value)
    except DataPrepError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


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
