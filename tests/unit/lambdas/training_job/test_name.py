"""The name is a function of what shapes the model, and always one that SageMaker takes."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.training_job.job_name import attempts, base_name, base_of
from lambdas.training_job.properties import TrainingJobProperties
from lambdas.training_job.training_data import DataFile
from tests.unit.lambdas.training_job.test_properties import GIVEN

SAGEMAKER_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
"""CreateTrainingJob, TrainingJobName."""

PROPERTIES = TrainingJobProperties.parse(GIVEN)
TRAIN = DataFile(name="train", bucket="b", key="train.txt", etag="aa", size=100)
VALIDATION = DataFile(name="validation", bucket="b", key="test.txt", etag="bb", size=10)

PREFIXES = st.from_regex(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,44}", fullmatch=True).filter(
    lambda prefix: len(prefix) <= 45
)
ETAGS = st.text("0123456789abcdef-", min_size=1, max_size=40)


@given(prefix=PREFIXES, etag=ETAGS, size=st.integers(0, 2**45))
def test_every_attempts_name_is_one_that_sagemaker_takes(prefix: str, etag: str, size: int) -> None:
    properties = replace(PROPERTIES, job_name_prefix=prefix)
    base = base_name(properties, [replace(TRAIN, etag=etag, size=size), VALIDATION])

    for name in attempts(base):
        assert len(name) <= 63
        assert re.fullmatch(SAGEMAKER_NAME, name)


@given(prefix=PREFIXES, order=st.permutations(sorted(GIVEN["HyperParameters"].items())))
def test_name_does_not_depend_on_the_order_of_anything(
    prefix: str, order: list[tuple[str, str]]
) -> None:
    one = replace(PROPERTIES, job_name_prefix=prefix)
    other = replace(one, hyperparameters=dict(order))

    assert base_name(one, [TRAIN, VALIDATION]) == base_name(other, [VALIDATION, TRAIN])


@given(prefix=PREFIXES, etag=ETAGS)
def test_every_attempt_leads_back_to_the_first(prefix: str, etag: str) -> None:
    properties = replace(PROPERTIES, job_name_prefix=prefix)
    base = base_name(properties, [replace(TRAIN, etag=etag), VALIDATION])

    assert {base_of(name, prefix=prefix) for name in attempts(base)} == {base}


def test_name_of_known_inputs_stays_what_it_is() -> None:
    """A change of the hash would train every deployed model again."""
    assert base_name(PROPERTIES, [TRAIN, VALIDATION]) == "Sandbox-blazingtext-381bd9d9efeb"


@pytest.mark.parametrize(
    "change",
    [
        {"training_image": "other"},
        {"hyperparameters": {"mode": "supervised", "epochs": "11"}},
        {"instance_type": "ml.c5.2xlarge"},
        {"volume_size_gb": 31},
        {"output_path": "s3://other/models"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_shapes_the_model_changes_the_name(change: dict[str, Any]) -> None:
    channels = [TRAIN, VALIDATION]

    assert base_name(replace(PROPERTIES, **change), channels) != base_name(PROPERTIES, channels)


@pytest.mark.parametrize(
    "channels",
    [
        [replace(TRAIN, etag="cc"), VALIDATION],
        [replace(TRAIN, size=101), VALIDATION],
        [TRAIN, replace(VALIDATION, etag="cc")],
        [replace(TRAIN, name="validation"), replace(VALIDATION, name="train")],
    ],
    ids=["train etag", "train size", "validation etag", "exchanged"],
)
def test_content_changes_the_name(channels: list[DataFile]) -> None:
    assert base_name(PROPERTIES, channels) != base_name(PROPERTIES, [TRAIN, VALIDATION])


def test_key_does_not_change_the_name() -> None:
    moved = [replace(TRAIN, key="elsewhere"), VALIDATION]

    assert base_name(PROPERTIES, moved) == base_name(PROPERTIES, [TRAIN, VALIDATION])


@pytest.mark.parametrize(
    "change",
    [
        {"max_runtime_seconds": 60},
        {"role_arn": "arn:aws:iam::123456789012:role/other"},
        {"evaluation_key": "datasets/2/test.txt"},
        {"serving_memory_mib": 1024},
        {"evaluation_memory_mib": 1024},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_shapes_no_model_does_not_change_the_name(change: dict[str, Any]) -> None:
    channels = [TRAIN, VALIDATION]

    assert base_name(replace(PROPERTIES, **change), channels) == base_name(PROPERTIES, channels)


@pytest.mark.parametrize(
    "physical_id",
    [
        "Sandbox-blazingtext",
        "Sandbox-blazingtext-0123456789ab-1",
        "Sandbox-blazingtext-0123456789ab-21",
        "Sandbox-blazingtext-0123456789ab-2-2",
        "Sandbox-blazingtext-0123456789AB",
        "Sandbox-blazingtext-x-0123456789ab",
        "xSandbox-blazingtext-0123456789ab",
        "Sandbox-blazingtext-0123456789ab\n",
        "Sandbox-MachineLearningInfrastructure-TrainingJob-1K9XWZ3YB7Q2A",
        "Sandbox-0123456789ab",
        "Sandbox-blazingtext-tune-0123456789ab",
        "Sandbox-tune-0123456789ab-21",
        "Sandbox-blazingtext-imported-0123456789ab",
    ],
)
def test_id_that_is_not_ours_has_no_base(physical_id: str) -> None:
    assert base_of(physical_id, prefix="Sandbox-blazingtext", tuning_prefix="Sandbox") is None


def test_without_a_prefix_no_id_is_ours() -> None:
    assert base_of("-0123456789ab", prefix="") is None
