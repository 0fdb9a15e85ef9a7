"""The CreateHyperParameterTuningJob request."""

import hashlib
from typing import Any, Final

from lambdas.training_job.job_request import create_request
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.tuning_ranges import RANGES, Range
from lambdas.training_job.validation_accuracy import METRIC

_SEEDS: Final = 2**31
_SHORTEST_SEARCH_SECONDS: Final = 120
"""The least that SageMaker takes (ResourceLimits)."""


def create_tuning_request(name: str, properties: TrainingJobProperties) -> dict[str, Any]:
    """Build the request that searches the ranges with jobs that are otherwise like `properties`.

    The time limit of one training job is the limit of the whole search, too: CloudFormation
    waits no longer for many jobs than for one.
    """
    definition = create_request(name, properties)
    del definition["TrainingJobName"]
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": tuning_config(name, properties),
        "TrainingJobDefinition": definition,
    }


def tuning_config(name: str, properties: TrainingJobProperties) -> dict[str, Any]:
    """Say what is searched, how, and for how long."""
    return {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": METRIC},
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": properties.tuning_jobs,
            "MaxParallelTrainingJobs": min(properties.tuning_parallel_jobs, properties.tuning_jobs),
            "MaxRuntimeInSeconds": max(properties.max_runtime_seconds, _SHORTEST_SEARCH_SECONDS),
        },
        "ParameterRanges": parameter_ranges(),
        "TrainingJobEarlyStoppingType": "Off",
        # The same search for the same inputs, as far as training itself repeats.
        "RandomSeed": int(hashlib.sha256(name.encode()).hexdigest(), 16) % _SEEDS,
    }


def parameter_ranges() -> dict[str, list[dict[str, str]]]:
    """Return the ranges as SageMaker writes them."""
    return {
        f"{kind}ParameterRanges": [_as_sagemaker(one) for one in RANGES if one.kind == kind]
        for kind in ("Integer", "Continuous")
    }


def _as_sagemaker(one: Range) -> dict[str, str]:
    return {
        "Name": one.name,
        "MinValue": str(one.low),
        "MaxValue": str(one.high),
        "ScalingType": one.scaling,
    }
