"""A job's name is a hash of what shapes its model.

Training jobs are named `<prefix>-<hash>`, tuning jobs `<shorter prefix>-tune-<hash>`, so that a
name alone tells which of the two it is. Both may end in the number of a further attempt.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.training_data import DataFile
from lambdas.training_job.tuning_request import parameter_ranges
from tier_layout.names import TUNING_INFIX

MAX_ATTEMPTS: Final = 20
"""Jobs with the same inputs; past this, something is wrong that no repetition cures."""

_HASH_LENGTH: Final = 12
"""48 bits: two different inputs of one tier share a name once in 10^7 tiers of 5,000 models."""

_HASH_AND_ATTEMPT: Final = rf"[0-9a-f]{{{_HASH_LENGTH}}})(?:-([1-9][0-9]?))?"
_OF_A_TUNING_JOB: Final = re.compile(r"-[0-9]{3,}-[0-9a-f]{8}")
"""What SageMaker adds to a tuning job's name to name its training jobs."""


def base_name(properties: TrainingJobProperties, channels: Sequence[DataFile]) -> str:
    """Return the name of the first attempt.

    Hashed is whatever shapes the model or decides where it goes: image,
    hyperparameters, resources, output path (a tier destroyed and deployed again has a
    new bucket), the content of each channel by ETag and size, not by key, and of a
    tuning job how much it searches and where.

    Not hashed are the role, the key and the network, which change no model, and the maximum
    runtime: a job that completed under one limit has the same model under another, and one
    that did not is attempted again in any case.
    """
    shape: dict[str, Any] = {
        "image": properties.training_image,
        "hyperparameters": properties.fixed_hyperparameters,
        "instance_type": properties.instance_type,
        "volume_size_gb": properties.volume_size_gb,
        "output_path": properties.output_path,
        "channels": {
            channel.name: {"etag": channel.etag, "size": channel.size} for channel in channels
        },
    }
    if properties.tuning_jobs:
        shape["tuning"] = {
            "jobs": properties.tuning_jobs,
            "parallel_jobs": properties.tuning_parallel_jobs,
            "ranges": parameter_ranges(),
        }
    canonical = json.dumps(shape, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{beginning(properties)}{digest}"


def beginning(properties: TrainingJobProperties) -> str:
    """Return what comes before the hash in the names of the jobs that these properties ask for."""
    if properties.tuning_jobs:
        return f"{properties.tuning_job_name_prefix}{TUNING_INFIX}"
    return f"{properties.job_name_prefix}-"


def attempts(base: str) -> Iterator[str]:
    """Yield the names that jobs with the same inputs take, in order: base, -2, … -20."""
    yield base
    for number in range(2, MAX_ATTEMPTS + 1):
        yield f"{base}-{number}"


def base_of(physical_resource_id: str, *, prefix: str, tuning_prefix: str = "") -> str | None:
    """Return the first attempt's name for a job of ours, None for any other id.

    CloudFormation invents ids (`<stack>-<logical id>-<suffix>`) for a Create that it
    cancelled, so the id has to be recognised as a whole, not by how it begins.

    Args:
        physical_resource_id: the id.
        prefix: what the names of the stack's training jobs begin with; "" for none.
        tuning_prefix: what those of its tuning jobs do.
    """
    for begins, between in ((prefix, "-"), (tuning_prefix, TUNING_INFIX)):
        match = re.fullmatch(
            f"({re.escape(begins + between)}{_HASH_AND_ATTEMPT}", physical_resource_id
        )
        if begins and match:
            number = match.group(2)
            return match.group(1) if number is None or 2 <= int(number) <= MAX_ATTEMPTS else None
    return None


def is_tuning_job(name: str) -> bool:
    """Whether a name of ours is a tuning job's, not a training job's."""
    return re.search(f"({TUNING_INFIX}{_HASH_AND_ATTEMPT}$", name) is not None


def owner_of(training_job: str) -> str:
    """Return the tuning job that ran a training job; the training job itself if none did."""
    owner = _OF_A_TUNING_JOB.sub("", training_job)
    return owner if is_tuning_job(owner) else training_job
