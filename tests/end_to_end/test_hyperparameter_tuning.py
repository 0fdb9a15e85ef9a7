"""A deployed tier whose hyperparameters are searched: by parameter, and back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.end_to_end.conftest import MACHINE_LEARNING, DeployedTier

JOBS = 3


@pytest.fixture(scope="module")
def tuned(sandbox: DeployedTier) -> Iterator[DeployedTier]:
    """The sandbox with `TuningJobs`; afterwards as it was."""
    result = sandbox.deploy(MACHINE_LEARNING, {"TuningJobs": str(JOBS)})
    assert result.returncode == 0, result.stdout + result.stderr
    yield sandbox
    result = sandbox.deploy(MACHINE_LEARNING, {"TuningJobs": "0"})
    assert result.returncode == 0, result.stdout + result.stderr


def search(tier: DeployedTier) -> dict[str, Any]:
    """The one tuning job there is."""
    sagemaker = tier.aws.client("sagemaker")
    (row,) = sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    described: dict[str, Any] = sagemaker.describe_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=row["HyperParameterTuningJobName"]
    )
    return described


def training_jobs(tier: DeployedTier) -> list[dict[str, Any]]:
    """Its training jobs, the best first."""
    rows: list[dict[str, Any]] = tier.aws.client(
        "sagemaker"
    ).list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=search(tier)["HyperParameterTuningJobName"],
        SortBy="FinalObjectiveMetricValue",
        SortOrder="Descending",
    )["TrainingJobSummaries"]
    return rows


def test_so_many_training_jobs_ran(tuned: DeployedTier) -> None:
    assert [job["TrainingJobStatus"] for job in training_jobs(tuned)] == ["Completed"] * JOBS


def test_every_training_job_tried_something_else(tuned: DeployedTier) -> None:
    tried = [json.dumps(job["TunedHyperParameters"]) for job in training_jobs(tuned)]
    assert len(set(tried)) == JOBS


def test_best_one_is_served(tuned: DeployedTier) -> None:
    objectives = {
        job["TrainingJobName"]: job["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
        for job in training_jobs(tuned)
    }
    described = tuned.aws.client("ssm").get_parameter(Name="/Sandbox/sentiment/model")
    served = tuned.outputs()["TrainingJobName"]
    # Two may be equally good.
    assert objectives[served] == max(objectives.values())
    assert json.loads(described["Parameter"]["Value"])["training_job"] == served


def test_its_accuracy_is_the_stacks(tuned: DeployedTier) -> None:
    metric = training_jobs(tuned)[0]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert float(tuned.outputs()["ValidationAccuracy"]) == pytest.approx(metric["Value"], abs=1e-4)


def test_deploying_again_searches_nothing(tuned: DeployedTier) -> None:
    before = tuned.aws.training_jobs()
    result = tuned.deploy(MACHINE_LEARNING, {"Unsure": "false"})
    tuned.deploy(MACHINE_LEARNING, {"Unsure": "true"})
    assert (result.returncode, tuned.aws.training_jobs()) == (0, before)


def test_too_many_jobs_are_refused_by_cloudformation(tuned: DeployedTier) -> None:
    result = tuned.deploy(MACHINE_LEARNING, {"TuningJobs": "51"})
    assert (result.returncode, "must be 0 to 50" in result.stdout + result.stderr) == (1, True)
