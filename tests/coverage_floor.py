"""`python -m tests.coverage_floor`: what the tests run of our code, and whether that is enough.

Reads what `coverage json` wrote. coverage.py's own `fail_under` is one figure of lines and branches
together, which many lines can lift over too few branches.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LINES: Final = 0.95
BRANCHES: Final = 0.90
WORST: Final = 15
"""So many files are shown."""


@dataclass(frozen=True)
class Measure:
    """How many of so many were run."""

    run: int
    all: int

    @property
    def share(self) -> float:
        """0 to 1; of nothing, everything was run."""
        return self.run / self.all if self.all else 1.0

    def __str__(self) -> str:
        return f"{self.share:.2%} ({self.run:,} of {self.all:,})"


def lines_of(summary: Mapping[str, Any]) -> Measure:
    """The lines of a file, or of all, as coverage.py sums them up."""
    return Measure(summary["covered_lines"], summary["num_statements"])


def branches_of(summary: Mapping[str, Any]) -> Measure:
    """The branches of a file, or of all."""
    return Measure(summary["covered_branches"], summary["num_branches"])


def report(measured: Mapping[str, Any]) -> tuple[str, bool]:
    """What is to be said of a measurement, and whether both floors are reached."""
    missing = {
        name: (len(file["missing_lines"]), len(file["missing_branches"]))
        for name, file in measured["files"].items()
    }
    worst = sorted(missing, key=lambda name: sum(missing[name]), reverse=True)[:WORST]
    texts = [
        f"{name}: {missing[name][0]} lines and {missing[name][1]} branches not run, lines "
        f"{lines_of(measured['files'][name]['summary'])}"
        for name in worst
        if any(missing[name])
    ]
    floors = (
        ("lines", lines_of(measured["totals"]), LINES),
        ("branches", branches_of(measured["totals"]), BRANCHES),
    )
    for what, measure, floor in floors:
        verdict = "enough" if measure.share >= floor else "too few"
        texts.append(f"{what}: {measure}, {verdict}: the floor is {floor:.0%}")
    return "\n".join(texts), all(measure.share >= floor for _, measure, floor in floors)


def main(arguments: list[str] | None = None) -> int:
    """Print the figures and the files with most to do.

    Returns:
        0, or 1 under a floor.
    """
    parser = argparse.ArgumentParser(prog="python -m tests.coverage_floor", description=__doc__)
    parser.add_argument("file", type=Path, help="what `coverage json` wrote")
    measured = json.loads(parser.parse_args(arguments).file.read_text(encoding="utf-8"))
    text, enough = report(measured)
    print(text)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
