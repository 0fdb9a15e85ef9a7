"""A file whose SHA-256 is known once it is written."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO


@dataclass
class HashedFile:
    """What is written to a file goes into its hash as well."""

    file: BinaryIO
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0
    """Bytes."""

    @classmethod
    @contextmanager
    def create(cls, path: Path) -> Iterator["HashedFile"]:
        """A new file, open for as long as the block lasts."""
        with path.open("wb") as file:
            yield cls(file)

    def write(self, content: bytes) -> None:
        """Adds to it."""
        self.file.write(content)
        self.digest.update(content)
        self.size += len(content)

    def description(self) -> dict[str, Any]:
        """As `dataset.json` has it."""
        return {"sha256": self.digest.hexdigest(), "bytes": self.size}
