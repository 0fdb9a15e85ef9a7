"""A model that was trained elsewhere: in another tier, or not by this stack at all."""

import hashlib
import re
from typing import Final

from lambdas.training_job.properties import TrainingJobProperties

_HASH_LENGTH: Final = 12
_FOLDER: Final = re.compile(r".*/([a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})/output/model\.tar\.gz")
"""Where a training job puts its model: the folder has the job's name."""


def imported_id(properties: TrainingJobProperties) -> str:
    """Return the physical id that stands for the model; it is no job's name."""
    digest = hashlib.sha256(properties.model_data_url.encode()).hexdigest()
    return f"{properties.job_name_prefix}-imported-{digest[:_HASH_LENGTH]}"


def imported_attributes(properties: TrainingJobProperties) -> dict[str, str]:
    """Return the attributes that a training job of this stack would have.

    The accuracy that its own training reported is not known here; the evaluation measures one.
    """
    return {
        "TrainingJobName": model_folder(properties.model_data_url) or imported_id(properties),
        "ModelDataUrl": properties.model_data_url,
        "ValidationAccuracy": "nan",
    }


def model_folder(location: str) -> str | None:
    """Return the name of the training job whose model lies at a URL or under a key.

    None for a place where no training job puts one.
    """
    folder = _FOLDER.fullmatch(location)
    return folder[1] if folder else None
