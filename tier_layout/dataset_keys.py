"""Where a dataset lies in a tier's bucket, and the stack parameters that go with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from tier_layout.bucket import TEST_FILE, TRAIN_FILE, VALIDATION_FILE, dataset_prefix
from tier_layout.few_texts import suited


@dataclass(frozen=True, kw_only=True)
class DatasetKeys:
    """The keys of the files of one dataset, which follow from their content."""

    train: str
    validation: str
    """Empty for a dataset of two files."""
    test: str
    training_texts: int | None = None
    """As `prepare` has counted them, without their parts; None where nobody has."""

    @classmethod
    def of(cls, sha256: Mapping[str, str], training_texts: int | None = None) -> Self:
        """The keys of files of which the hashes are known.

        Args:
            sha256: by the file's name; other names than those of the three files are left aside.
            training_texts: how many texts are learned from, if that is known.

        Raises:
            KeyError: there is no training or no test file.
        """
        named = (TRAIN_FILE, VALIDATION_FILE, TEST_FILE)
        prefix = dataset_prefix(*(sha256[name] for name in named if name in sha256))
        return cls(
            train=f"{prefix}/{TRAIN_FILE}",
            validation=f"{prefix}/{VALIDATION_FILE}" if VALIDATION_FILE in sha256 else "",
            test=f"{prefix}/{TEST_FILE}",
            training_texts=training_texts,
        )

    def key(self, name: str) -> str:
        """The key of the file of this name, as far as it is one of the dataset."""
        folder = self.train.rpartition("/")[0]
        return f"{folder}/{name}"

    @property
    def parameters(self) -> dict[str, str]:
        """All keys, also the empty one: CloudFormation keeps what nobody names again.

        And for few texts the hyperparameters that suit them.
        """
        keys = {
            "TrainKey": self.train,
            "ValidationKey": self.validation,
            "TestKey": self.test,
        }
        return keys | ({} if self.training_texts is None else suited(self.training_texts))
