"""A version of the stack can be gone back to and deleted, whatever its properties were."""

from typing import Any

import pytest

from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.stack_version import StackVersion
from tests.unit.lambdas.training_job.test_properties import GIVEN


def version(**changes: Any) -> StackVersion:
    return StackVersion.read(GIVEN | changes)


@pytest.mark.parametrize(
    "name",
    [
        "RoleArn",
        "MaxRuntimeInSeconds",
        "EvaluationKey",
        "ServingMemoryInMiB",
        "EvaluationMemoryInMiB",
    ],
)
def test_property_that_shapes_no_model_asks_for_the_same_job(name: str) -> None:
    assert version().asks_for_the_same_job_as(version(**{name: "other"}))


@pytest.mark.parametrize("name", ["TrainKey", "TestKey", "TrainingImage", "HyperParameters"])
def test_property_that_shapes_the_model_asks_for_another_job(name: str) -> None:
    assert not version().asks_for_the_same_job_as(version(**{name: "other"}))


def test_test_file_shapes_no_model_beside_a_validation_file() -> None:
    one, other = (version(ValidationKey="v", TestKey=key) for key in ("a", "b"))
    assert one.asks_for_the_same_job_as(other)


def test_validation_file_shapes_the_model() -> None:
    assert not version().asks_for_the_same_job_as(version(ValidationKey="other"))


def test_test_file_named_as_the_validation_file_asks_for_the_same_job() -> None:
    assert version().asks_for_the_same_job_as(version(ValidationKey=GIVEN["TestKey"]))


def test_version_from_before_a_property_existed_asks_for_what_its_default_asks_for() -> None:
    now = version(TuningJobs="0", ModelDataUrl="", ValidationKey="")
    assert version().asks_for_the_same_job_as(now)


def test_problems_are_raised_where_the_properties_are_needed() -> None:
    with pytest.raises(TrainingJobError, match="VolumeSizeInGB must be"):
        _ = version(VolumeSizeInGB="much").properties


def test_job_of_a_version_that_is_not_valid_is_recognised() -> None:
    name = "Sandbox-blazingtext-0123456789ab"
    assert version(VolumeSizeInGB="much").base_of(f"{name}-2") == name


def test_version_without_properties_knows_no_job() -> None:
    assert StackVersion.read({}).base_of("-0123456789ab") is None
