"""Which of a dataset's files a text belongs to."""

from enum import IntEnum
from typing import Protocol

from tier_layout.bucket import TEST_FILE, TRAIN_FILE, VALIDATION_FILE


class Source(Protocol):
    """A file or an object of a data set that is being read."""

    @property
    def is_test(self) -> bool:
        """Whether its name makes it the data set's test file."""

    @property
    def is_validation(self) -> bool:
        """The same of the validation file."""


class Side(IntEnum):
    """A file of the dataset. A text that stands in several goes into the highest of them."""

    TRAIN = 0
    """What the model learns from."""
    VALIDATION = 1
    """What early stopping and tuning look at."""
    TEST = 2
    """What only the evaluation and its gate see."""

    @classmethod
    def of(cls, source: Source) -> "Side":
        """Where the rows of a source belong as far as its name says so."""
        if source.is_test:
            return cls.TEST
        return cls.VALIDATION if source.is_validation else cls.TRAIN

    @property
    def file(self) -> str:
        """The file's name."""
        return (TRAIN_FILE, VALIDATION_FILE, TEST_FILE)[self]

    @property
    def channel(self) -> str:
        """What the manifest calls it."""
        return self.name.lower()
