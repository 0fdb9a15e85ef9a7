"""Whether the model that is asked for fits where it is evaluated and served.

Both load it whole. Its size is known beforehand but for the vocabulary, whose rows are few beside
those of the buckets.
"""

import math
from collections.abc import Iterator
from typing import Final

from lambdas.training_job.hyperparameters import value_of
from lambdas.training_job.messages import Problem
from lambdas.training_job.properties import TrainingJobProperties

_BYTES_OF_A_WEIGHT: Final = 4
"""fastText's matrices hold 32-bit floats."""
_MIB: Final = 1024**2
_GB: Final = 10**9

EVALUATION_MIB: Final = 350
"""What the evaluation needs beside the model: 3,008 MiB hold the 2.4 GB of VectorDim 300 and
2 million buckets."""

SERVING_COPIES: Final = 2
SERVING_MIB: Final = 256
"""What serving needs: AWS advises 2 to 3 GB of serverless memory for a model of 0.8 GB."""

_MORE_TO_SERVE: Final = (
    "More serverless memory or a bigger instance type in the tier's settings serves a larger model."
)


def model_bytes(properties: TrainingJobProperties) -> int:
    """Return the size of the vectors of all buckets, in bytes."""
    vector_dim = int(value_of(properties.hyperparameters, "vector_dim"))
    buckets = int(value_of(properties.hyperparameters, "buckets"))
    return _BYTES_OF_A_WEIGHT * vector_dim * buckets


def size_problems(properties: TrainingJobProperties) -> Iterator[Problem]:
    """Find what is too small for the model; a memory that is not known is not held against it."""
    size_mib = model_bytes(properties) / _MIB
    evaluating = _lack(
        "the evaluation", size_mib + EVALUATION_MIB, properties.evaluation_memory_mib
    )
    serving = _lack(
        "what serves it", SERVING_COPIES * size_mib + SERVING_MIB, properties.serving_memory_mib
    )
    if not evaluating and not serving:
        return
    vector_dim = value_of(properties.hyperparameters, "vector_dim")
    buckets = value_of(properties.hyperparameters, "buckets")
    yield Problem(
        what=f"VectorDim {vector_dim} and Buckets {buckets} make a model of "
        f"{model_bytes(properties) / _GB:.1f} GB: "
        + ", ".join(filter(None, (evaluating, serving))),
        remedy=f"Lower Buckets or VectorDim. {_MORE_TO_SERVE}"
        if serving
        else "Lower Buckets or VectorDim.",
    )


def _lack(who: str, needed_mib: float, has_mib: int | None) -> str:
    """Say what is missing; "" when it is enough, or not known."""
    if has_mib is None or needed_mib <= has_mib:
        return ""
    return f"{who} needs {math.ceil(needed_mib):,} MiB of memory and has {has_mib:,} MiB"
