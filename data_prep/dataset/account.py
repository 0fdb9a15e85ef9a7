"""What became of every row that was read: the content of `dataset.json`."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_prep.reading.bad_rows import BadRows
from data_prep.reading.labels import listing
from data_prep.transform.side import Side
from data_prep.transform.split import Dropped
from review_text import NORMALISER_VERSION
from tier_layout.manifest import FORMAT


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """An account of every row that was read."""

    rows_in: int
    dropped: Counter[Dropped]
    bad: BadRows
    labels: Mapping[Side, Counter[str]]
    """Texts of each label; without a side that has none."""
    added: dict[str, int]
    """Lines of the training file that are not whole texts, by kind."""
    files: dict[str, dict[str, Any]]
    """Name → `sha256` and `bytes`."""

    def manifest(self, command: str) -> bytes:
        """What `dataset.json` says. No time, no path but those of the command."""
        manifest = {
            "format": FORMAT,
            "command": command,
            "normaliser_version": NORMALISER_VERSION,
            "rows_in": self.rows_in,
            "rows_out": {side.channel: labels.total() for side, labels in self.labels.items()},
            "added_to_train": self.added,
            "dropped": {reason.value: self.dropped[reason] for reason in sorted(self.dropped)},
            "bad": self.bad.as_manifest(),
            "labels": {
                side.channel: dict(sorted(labels.items())) for side, labels in self.labels.items()
            },
            "files": self.files,
        }
        return (json.dumps(manifest, indent=2, ensure_ascii=False) + "\n").encode()


def what_was_read(
    *, rows_in: int, not_mapped: int, not_mapped_names: Sequence[str], bad: BadRows
) -> str:
    """What came before the choice of texts, for a message about their lack."""
    account = f"rows in: {rows_in:,}"
    if not_mapped:
        account += f"; labels not in --map: {listing(not_mapped_names)}"
    if bad.total:
        account += f"; bad rows: {bad.total:,}"
    return account
