"""What lies where in a tier's data bucket."""

import hashlib
from typing import Final

DATASETS_PREFIX: Final = "datasets"
"""Under it is what `upload` and the Glue job put there."""
RAW_PREFIX: Final = "raw"
"""Under it are reviews as they came, for the Glue job to read."""
PREPARATIONS_PREFIX: Final = "preparations"
"""Under it each run of the Glue job leaves its outcome, and works."""
MODELS_PREFIX: Final = "models"
"""Under it are the training jobs' models, and those that were trained elsewhere."""
EVALUATIONS_PREFIX: Final = "evaluations"
"""Under it are the reports on the models."""
CAPTURES_PREFIX: Final = "captures"
"""Under it is what SageMaker's data capture keeps of requests and answers, where it is on."""
VOCABULARIES_PREFIX: Final = "vocabularies"
"""Under it are the models' words, for the API. They outlive the reports, which hold reviews."""

TRAIN_FILE: Final = "train.txt"
VALIDATION_FILE: Final = "validation.txt"
"""Not every dataset has one: the training job then looks at the test file as well."""
TEST_FILE: Final = "test.txt"
MANIFEST_FILE: Final = "dataset.json"


def dataset_prefix(*sha256: str) -> str:
    """What the keys of a dataset begin with: `datasets/` and a hash of its files' hashes.

    Args:
        sha256: of the training, the validation (if there is one) and the test file.
    """
    digest = hashlib.sha256(" ".join(sha256).encode()).hexdigest()[:12]
    return f"{DATASETS_PREFIX}/{digest}"


def manifest_key(data_key: str) -> str:
    """The key of the manifest beside a training or evaluation file."""
    folder, slash, _ = data_key.rpartition("/")
    return f"{folder}{slash}{MANIFEST_FILE}"
