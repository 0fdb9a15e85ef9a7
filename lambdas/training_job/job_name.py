"""A training job's name is a hash of what shapes its model."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Final

from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.training_data import ChannelData

MAX_ATTEMPTS: Final = 20
"""Jobs with the same inputs; past this, something is wrong that no repetition cures."""

_HASH_LENGTH: Final = 12
"""48 bits: two different inputs of one tier share a name once in 10^7 tiers of 5,000 models."""


def base_name(properties: TrainingJobProperties, channels: Sequence[ChannelData]) -> str:
    """Return the name of the first attempt: `<prefix>-<12 hexadecimal digits>`.

    Hashed is whatever shapes the model or decides where it goes: image,
    hyperparameters, resources, output path (a tier destroyed and deployed again has a
    new bucket), and the content of each channel by ETag and size, not by key.

    Not hashed are the role, which changes no model, and the maximum runtime: a job
    that completed under one limit has the same model under another, and one that did
    not is attempted again in any case.
    """
    shape = {
        "image": properties.training_image,
        "hyperparameters": dict(properties.hyperparameters),
        "instance_type": properties.instance_type,
        "volume_size_gb": properties.volume_size_gb,
        "output_path": properties.output_path,
        "channels": {
            channel.name: {"etag": channel.etag, "size": channel.size} for channel in channels
        },
    }
    canonical = json.dumps(shape, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(canonical.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{properties.job_name_prefix}-{digest}"


def attempts(base: str) -> Iterator[str]:
    """Yield the names that jobs with the same inputs take, in order: base, -2, … -20."""
    yield base
    for number in range(2, MAX_ATTEMPTS + 1):
        yield f"{base}-{number}"


def base_of(physical_resource_id: str, prefix: str) -> str | None:
    """Return the first attempt's name for a job of ours, None for any other id.

    CloudFormation invents ids (`<stack>-<logical id>-<suffix>`) for a Create that it
    cancelled, so the id has to be recognised as a whole, not by how it begins.
    """
    match = re.fullmatch(
        rf"({re.escape(prefix)}-[0-9a-f]{{{_HASH_LENGTH}}})(?:-([1-9][0-9]?))?",
        physical_resource_id,
    )
    if not prefix or match is None:
        return None
    number = match.group(2)
    return match.group(1) if number is None or 2 <= int(number) <= MAX_ATTEMPTS else None
