"""A model that fits nowhere is known before it is trained."""

import pytest

from lambdas.training_job.messages import Problem
from lambdas.training_job.model_size import model_bytes, size_problems
from lambdas.training_job.properties import TrainingJobProperties
from tests.unit.lambdas.training_job.test_properties import GIVEN

DEFAULT_SHAPE = {"vector_dim": "10", "buckets": "2000000"}
LARGEST_EVALUATED = {"vector_dim": "300", "buckets": "2000000"}
FAR_TOO_LARGE = {"vector_dim": "300", "buckets": "20000000"}


def asked(
    shape: dict[str, str], *, serving: str = "", evaluation: str = ""
) -> TrainingJobProperties:
    return TrainingJobProperties.parse(
        GIVEN
        | {
            "HyperParameters": {"mode": "supervised"} | shape,
            "ServingMemoryInMiB": serving,
            "EvaluationMemoryInMiB": evaluation,
        }
    )


def problems(shape: dict[str, str], *, serving: str = "", evaluation: str = "") -> list[Problem]:
    return list(size_problems(asked(shape, serving=serving, evaluation=evaluation)))


def test_every_bucket_has_a_vector_of_four_bytes_a_dimension() -> None:
    assert model_bytes(asked(LARGEST_EVALUATED)) == 2_400_000_000


def test_blazingtexts_defaults_count_where_no_shape_is_given() -> None:
    assert model_bytes(asked({})) == 4 * 100 * 2_000_000


def test_default_shape_is_served_with_2048_mib() -> None:
    assert problems(DEFAULT_SHAPE, serving="2048", evaluation="3008") == []


def test_largest_model_that_the_evaluation_can_hold_is_accepted() -> None:
    assert problems(LARGEST_EVALUATED, evaluation="3008") == []


def test_memory_that_is_not_known_is_not_held_against_the_model() -> None:
    assert problems(FAR_TOO_LARGE) == []


# 262,144 buckets of one dimension are 1 MiB.
@pytest.mark.parametrize(("memory", "count"), [("450", 0), ("449", 1)])
def test_evaluation_needs_the_model_and_350_mib(memory: str, count: int) -> None:
    shape = {"vector_dim": "100", "buckets": "262144"}

    assert len(problems(shape, evaluation=memory)) == count


@pytest.mark.parametrize(("memory", "count"), [("456", 0), ("455", 1)])
def test_serving_needs_the_model_twice_and_256_mib(memory: str, count: int) -> None:
    shape = {"vector_dim": "100", "buckets": "262144"}

    assert len(problems(shape, serving=memory)) == count


def test_model_that_fits_neither_is_one_problem_with_every_figure() -> None:
    (problem,) = problems(FAR_TOO_LARGE, serving="2048", evaluation="3008")

    assert problem.what == (
        "VectorDim 300 and Buckets 20000000 make a model of 24.0 GB: the evaluation needs "
        "23,239 MiB of memory and has 3,008 MiB, what serves it needs 46,033 MiB of memory and "
        "has 2,048 MiB"
    )


def test_remedy_for_serving_names_the_tiers_settings() -> None:
    (problem,) = problems(LARGEST_EVALUATED, serving="2048")

    assert problem.remedy == (
        "Lower Buckets or VectorDim. More serverless memory or a bigger instance type in the "
        "tier's settings serves a larger model."
    )


def test_no_setting_of_the_tier_helps_the_evaluation() -> None:
    (problem,) = problems(FAR_TOO_LARGE, evaluation="3008")

    assert problem.remedy == "Lower Buckets or VectorDim."
