"""What somebody who knows better may accept in files that `prepare` did not write."""

import argparse
from enum import StrEnum


class Accept(StrEnum):
    """The value is that of `--accept`."""

    LABELS = "labels"
    EMPTY_TEXTS = "empty-texts"
    NOT_NORMALISED = "not-normalised"
    ONE_LABEL = "one-label"
    UNKNOWN_LABELS = "unknown-labels"
    OVERLAP = "overlap"


def add_accept_option(parser: argparse.ArgumentParser) -> None:
    """Declares `--accept`, whose values are in `accept`."""
    parser.add_argument(
        "--accept",
        action="append",
        default=[],
        choices=[*map(str, Accept)],
        metavar="KIND",
        help="what is meant in files that `data_prep prepare` did not write, and would be refused: "
        f"{', '.join(Accept)}; may be repeated",
    )
