"""Tuning jobs that the control plane refuses."""

from typing import Any

import pytest

from local_aws.sagemaker.errors import SageMakerError, invalid
from tests.unit.local_aws.sagemaker.tuning_request import config, definition, tuning_request
from tests.unit.local_aws.sagemaker.tuning_site import Site


@pytest.fixture
def site() -> Site:
    return Site()


def problems(site: Site, **changes: Any) -> str:
    error = site.refusal("Create", **changes)
    assert error.code == "ValidationException"
    assert site.plane.call("ListHyperParameterTuningJobs", {}) == {
        "HyperParameterTuningJobSummaries": []
    }
    assert site.trainer.runs == {}
    return error.message


def one_range(kind: str, **members: Any) -> dict[str, Any]:
    return config(ParameterRanges={kind: [{"Name": "x", **members}]})


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (config(Strategy="Hyperband"), "Strategy Hyperband is not offered"),
        (config(Strategy="Grid"), "Strategy Grid is not offered (only Bayesian and Random)"),
        (config(TrainingJobEarlyStoppingType="Auto"), "TrainingJobEarlyStoppingType must be Off"),
        (
            config(TuningJobCompletionCriteria={"TargetObjectiveMetricValue": 0.9}),
            "TuningJobCompletionCriteria is not offered",
        ),
        (
            config(ResourceLimits={"MaxParallelTrainingJobs": 1}),
            "ResourceLimits.MaxNumberOfTrainingJobs is missing",
        ),
        (
            config(
                HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": "test:rmse"}
            ),
            "the algorithm does not report the objective test:rmse (it reports train:accuracy,"
            " validation:accuracy, train:mean_rho)",
        ),
        (config(ParameterRanges={}), "ParameterRanges has no range"),
        (
            config(ParameterRanges={"AutoParameters": [{"Name": "x", "ValueHint": "1"}]}),
            "AutoParameters are not offered",
        ),
        (
            one_range("IntegerParameterRanges", MinValue="1.5", MaxValue="2"),
            "range of x: MinValue '1.5' is not an integer",
        ),
        (
            one_range("ContinuousParameterRanges", MinValue="1", MaxValue="many"),
            "range of x: MaxValue 'many' is not a number",
        ),
        (
            one_range("ContinuousParameterRanges", MinValue="0", MaxValue="inf"),
            "range of x: 0 to inf is not a finite range",
        ),
        (
            one_range("IntegerParameterRanges", MinValue="1", MaxValue="2147483648"),
            "range of x: 1 to 2147483648 is not a range of 32-bit integers",
        ),
        (
            one_range("IntegerParameterRanges", MinValue="3", MaxValue="2"),
            "range of x: MinValue 3 is above MaxValue 2",
        ),
        (
            one_range(
                "IntegerParameterRanges", MinValue="0", MaxValue="2", ScalingType="Logarithmic"
            ),
            "range of x: MinValue 0 of a logarithmic scale must be above 0",
        ),
        (
            one_range(
                "ContinuousParameterRanges",
                MinValue="0",
                MaxValue="0.5",
                ScalingType="ReverseLogarithmic",
            ),
            "range of x: ScalingType ReverseLogarithmic is not offered",
        ),
        (
            one_range("CategoricalParameterRanges", Values=["a", "a"]),
            "range of x: a value stands there twice (a, a)",
        ),
        (one_range("CategoricalParameterRanges", Values=[]), "greater than or equal to 1"),
    ],
)
def test_a_config_that_we_do_not_offer_is_refused(
    site: Site, given: dict[str, Any], problem: str
) -> None:
    assert problem in problems(site, HyperParameterTuningJobConfig=given)


def test_other_kinds_of_tuning_jobs_are_refused(site: Site) -> None:
    parents = {"ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": "a"}]}
    message = problems(
        site,
        WarmStartConfig={**parents, "WarmStartType": "TransferLearning"},
        Autotune={"Mode": "Enabled"},
        TrainingJobDefinitions=[definition()],
    )
    for member in ("TrainingJobDefinitions", "WarmStartConfig", "Autotune"):
        assert f"{member} is not offered" in message


def test_a_hyperparameter_is_either_static_or_tuned(site: Site) -> None:
    given = definition(StaticHyperParameters={"epochs": "3"})
    assert "epochs has a range and stands in StaticHyperParameters" in problems(
        site, TrainingJobDefinition=given
    )


def test_a_hyperparameter_has_one_range(site: Site) -> None:
    twice = [{"Name": "x", "MinValue": "1", "MaxValue": "2"}] * 2
    given = config(ParameterRanges={"IntegerParameterRanges": twice})
    assert "x has more than one range" in problems(site, HyperParameterTuningJobConfig=given)


def test_a_definition_and_an_objective_are_needed(site: Site) -> None:
    request = tuning_request()
    del request["TrainingJobDefinition"]
    del request["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"]
    with pytest.raises(SageMakerError) as caught:
        site.plane.call("CreateHyperParameterTuningJob", request)
    assert caught.value.message == (
        "The tuning job cannot run on the embedded AWS: TrainingJobDefinition is missing;"
        " HyperParameterTuningJobObjective is missing."
    )


def test_a_name_that_is_too_long_is_refused(site: Site) -> None:
    assert "less than or equal to 32" in problems(site, name="a" * 33)


def test_a_training_job_that_would_be_refused_is_refused_at_once(site: Site) -> None:
    static = {f"p{number}": "1" for number in range(99)}
    given = definition(StaticHyperParameters=static)
    assert "'hyperParameters'" in problems(site, TrainingJobDefinition=given)


def test_a_channel_without_objects_is_refused_at_once(site: Site) -> None:
    site.trainer.refusal = invalid("No S3 objects found under S3 URL")
    assert problems(site) == "No S3 objects found under S3 URL"


MACHINES = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30}


def definition_of_an_sdk(**resources: Any) -> dict[str, Any]:
    """With the resources as the SageMaker SDK's tuner says them."""
    members = definition(HyperParameterTuningResourceConfig=MACHINES | resources)
    del members["ResourceConfig"]
    return members


def test_resources_of_a_tuning_job_are_those_of_its_training_jobs(site: Site) -> None:
    request = tuning_request(TrainingJobDefinition=definition_of_an_sdk())
    site.plane.call("CreateHyperParameterTuningJob", request)
    (job, *_) = site.plane.call("ListTrainingJobs", {})["TrainingJobSummaries"]
    described = site.plane.call("DescribeTrainingJob", {"TrainingJobName": job["TrainingJobName"]})
    assert described["ResourceConfig"] == MACHINES


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            definition_of_an_sdk(InstanceConfigs=[MACHINES]),
            "HyperParameterTuningResourceConfig.InstanceConfigs is not offered",
        ),
        (
            definition(HyperParameterTuningResourceConfig=MACHINES),
            "ResourceConfig and HyperParameterTuningResourceConfig exclude each other",
        ),
    ],
)
def test_resources_that_cannot_be_had_are_named(
    site: Site, given: dict[str, Any], problem: str
) -> None:
    assert problem in problems(site, TrainingJobDefinition=given)
