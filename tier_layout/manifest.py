"""Reads `dataset.json`, which may be missing, or say anything at all."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tier_layout.bucket import MANIFEST_FILE

FORMAT: Final = 2
"""Of what `prepare` writes: a validation file, where there is one, beside the other two."""
FORMATS: Final = (1, FORMAT)
"""Which can be read; 1 describes datasets of two files."""
LARGEST_MANIFEST_BYTES: Final = 1024 * 1024
"""More is no manifest: `prepare` writes some kilobytes, and a few examples of bad rows."""


@dataclass(frozen=True, kw_only=True)
class BadExample:
    """A row that could not be read."""

    where: str
    text: str


@dataclass(frozen=True, kw_only=True)
class BadRows:
    """Rows that could not be read, for one reason."""

    reason: str
    count: int
    examples: list[BadExample]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What `prepare` said about the files that it wrote."""

    command: str
    normaliser_version: str
    rows_in: int
    rows_out: dict[str, int]
    """For `train`, `test` and, if there is such a file, `validation`; so are `labels`."""
    dropped: dict[str, int]
    bad: list[BadRows]
    labels: dict[str, dict[str, int]]
    sha256: dict[str, str]
    """Of each file, by its name."""


class ManifestError(Exception):
    """There is no manifest that can be used; the text says why."""


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a data set.

    Raises:
        ManifestError: it is missing, or not what this version of `prepare` writes.
    """
    try:
        content = (directory / MANIFEST_FILE).read_bytes()
    except FileNotFoundError as error:
        raise ManifestError(f"there is no {MANIFEST_FILE}") from error
    except OSError as error:
        raise ManifestError(f"{MANIFEST_FILE} cannot be read ({error.strerror})") from error
    return parse_manifest(content)


def parse_manifest(text: bytes) -> Manifest:
    """The manifest of a data set, from the content of its file.

    Raises:
        ManifestError: it is not what this version of `prepare` writes.
    """
    try:
        content = json.loads(text)
        if content["format"] not in FORMATS:
            raise ManifestError(
                f"{MANIFEST_FILE} has the format {content['format']!r:.40}, which this version "
                "does not know"
            )
        return _manifest(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestError(f"{MANIFEST_FILE} is not as `prepare` writes it") from error


def _manifest(content: dict[str, Any]) -> Manifest:
    return Manifest(
        command=str(content["command"]),
        normaliser_version=str(content["normaliser_version"]),
        rows_in=int(content["rows_in"]),
        rows_out=_counts(content["rows_out"]),
        dropped=_counts(content["dropped"]),
        bad=[_bad_rows(reason, rows) for reason, rows in content["bad"].items()],
        labels={name: _counts(counts) for name, counts in content["labels"].items()},
        sha256={name: str(file["sha256"]) for name, file in content["files"].items()},
    )


def _bad_rows(reason: str, rows: dict[str, Any]) -> BadRows:
    return BadRows(
        reason=reason,
        count=int(rows["count"]),
        examples=[
            BadExample(where=str(example["where"]), text=str(example["text"]))
            for example in rows["examples"]
        ],
    )


def _counts(counts: dict[str, Any]) -> dict[str, int]:
    return {name: int(count) for name, count in counts.items()}
