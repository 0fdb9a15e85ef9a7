"""A CreateHyperParameterTuningJob that the control plane accepts."""

from typing import Any

from tests.unit.local_aws.sagemaker.test_control_plane import job_request

NAME = "Sandbox-tuning-1f2e3d4c"
INTEGERS = [{"Name": "epochs", "MinValue": "5", "MaxValue": "15", "ScalingType": "Linear"}]
FLOATS = [
    {
        "Name": "learning_rate",
        "MinValue": "0.005",
        "MaxValue": "0.5",
        "ScalingType": "Logarithmic",
    }
]


def ranges(**changes: Any) -> dict[str, Any]:
    return {"IntegerParameterRanges": INTEGERS, "ContinuousParameterRanges": FLOATS} | changes


def limits(jobs: int = 3, parallel: int = 2, **changes: Any) -> dict[str, Any]:
    return {"MaxNumberOfTrainingJobs": jobs, "MaxParallelTrainingJobs": parallel} | changes


def config(**changes: Any) -> dict[str, Any]:
    return {
        "Strategy": "Bayesian",
        "HyperParameterTuningJobObjective": {
            "Type": "Maximize",
            "MetricName": "validation:accuracy",
        },
        "ResourceLimits": limits(),
        "ParameterRanges": ranges(),
        "TrainingJobEarlyStoppingType": "Off",
        "RandomSeed": 1,
    } | changes


def definition(**changes: Any) -> dict[str, Any]:
    members = job_request()
    del members["TrainingJobName"]
    return {**members, "StaticHyperParameters": {"mode": "supervised"}, **changes}


def tuning_request(name: str = NAME, **changes: Any) -> dict[str, Any]:
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": config(),
        "TrainingJobDefinition": definition(),
    } | changes
