"""The properties are checked together, before anything is trained."""

from typing import Any

import pytest

from lambdas.training_job.hyperparameters import parse_hyperparameters
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties

GIVEN: dict[str, Any] = {
    "ServiceToken": "arn:aws:lambda:eu-west-1:123456789012:function:provider",
    "JobNamePrefix": "Sandbox-blazingtext",
    "TrainingImage": "685385470294.dkr.ecr.eu-west-1.amazonaws.com/blazingtext:1",
    "RoleArn": "arn:aws:iam::123456789012:role/execution",
    "BucketName": "data-bucket",
    "TrainKey": "datasets/1/train.txt",
    "TestKey": "datasets/1/test.txt",
    "OutputPath": "s3://data-bucket/models/",
    "InstanceType": "ml.c5.xlarge",
    "VolumeSizeInGB": "30",
    "MaxRuntimeInSeconds": "2700",
    "HyperParameters": {"mode": "supervised", "epochs": "10"},
}


def problems_of(**changes: Any) -> str:
    with pytest.raises(TrainingJobError) as caught:
        TrainingJobProperties.parse(GIVEN | changes)
    return str(caught.value)


def hyperparameters(**changes: str) -> dict[str, str]:
    return {"mode": "supervised", "epochs": "10"} | changes


def test_strings_become_numbers() -> None:
    properties = TrainingJobProperties.parse(GIVEN)

    assert (properties.volume_size_gb, properties.max_runtime_seconds) == (30, 2700)


def test_slash_at_the_end_of_the_output_path_is_dropped() -> None:
    assert TrainingJobProperties.parse(GIVEN).output_path == "s3://data-bucket/models"


def test_every_channel_has_the_uri_of_its_object() -> None:
    assert TrainingJobProperties.parse(GIVEN).channel_uris == {
        "train": "s3://data-bucket/datasets/1/train.txt",
        "validation": "s3://data-bucket/datasets/1/test.txt",
    }


def test_every_missing_property_is_named() -> None:
    with pytest.raises(TrainingJobError) as caught:
        TrainingJobProperties.parse({})
    assert all(name in str(caught.value) for name in GIVEN if name != "ServiceToken")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JobNamePrefix", "with_underscore"),
        ("JobNamePrefix", "ends-with-"),
        ("JobNamePrefix", "x" * 46),
        ("JobNamePrefix", ["a list"]),
        ("TrainingImage", "two words"),
        ("RoleArn", "arn:aws:iam::123456789012:user/somebody"),
        ("BucketName", "Upper"),
        ("TrainKey", "line\nbreak"),
        ("TestKey", "k" * 1025),
        ("OutputPath", "https://data-bucket/models"),
        ("InstanceType", "c5.xlarge"),
        ("VolumeSizeInGB", "0"),
        ("VolumeSizeInGB", "16385"),
        ("VolumeSizeInGB", "1.5"),
        ("MaxRuntimeInSeconds", "0"),
        ("MaxRuntimeInSeconds", "3301"),
        ("HyperParameters", "mode=supervised"),
    ],
)
def test_value_out_of_range_is_named(name: str, value: object) -> None:
    assert f"{name} must be" in problems_of(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("JobNamePrefix", "x" * 45),
        ("RoleArn", "arn:aws-us-gov:iam::123456789012:role/path/execution"),
        ("VolumeSizeInGB", "16384"),
        ("MaxRuntimeInSeconds", "3300"),
        ("InstanceType", "ml.p4d.24xlarge"),
        ("OutputPath", "s3://data-bucket"),
    ],
)
def test_value_at_the_edge_is_accepted(name: str, value: str) -> None:
    assert TrainingJobProperties.parse(GIVEN | {name: value})


def test_training_and_testing_on_one_file_is_refused() -> None:
    assert "TrainKey and TestKey are the same" in problems_of(TestKey=GIVEN["TrainKey"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mode", "skipgram"),
        ("epochs", "0"),
        ("epochs", "ten"),
        ("epochs", str(2**31)),
        ("learning_rate", "0"),
        ("learning_rate", "nan"),
        ("learning_rate", "inf"),
        ("vector_dim", "0"),
        ("word_ngrams", "0"),
        ("min_count", "-1"),
        ("buckets", "0"),
        ("early_stopping", "yes"),
        ("patience", "0"),
        ("min_epochs", "0"),
    ],
)
def test_hyperparameter_out_of_range_is_named_with_its_value(name: str, value: str) -> None:
    message = problems_of(HyperParameters=hyperparameters(**{name: value}))

    assert f"HyperParameters.{name} must be" in message
    assert repr(value) in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("epochs", "1"), ("min_count", "0"), ("buckets", "2147483647"), ("learning_rate", "0.001")],
)
def test_hyperparameter_at_its_bound_is_accepted(name: str, value: str) -> None:
    assert parse_hyperparameters({"mode": "supervised", name: value}) == (
        {"mode": "supervised", name: value},
        [],
    )


def test_hyperparameters_that_are_no_map_are_quoted() -> None:
    assert parse_hyperparameters("epochs=5") == (
        {},
        ["HyperParameters must be a map of strings, not 'epochs=5'"],
    )


def test_every_unknown_hyperparameter_is_named_and_early_stopping_is_not_judged_then() -> None:
    given = {"mode": "supervised", "early_stopping": "True", "epochs": "1", "size": "2", "ws": "5"}
    _, problems = parse_hyperparameters(given)

    assert [problem.split(" is none")[0] for problem in problems] == [
        "HyperParameters.'size'",
        "HyperParameters.'ws'",
    ]


def test_unknown_hyperparameter_is_refused() -> None:
    assert "'epoch' is none of" in problems_of(HyperParameters=hyperparameters(epoch="3"))


def test_missing_mode_is_named() -> None:
    assert "HyperParameters.mode is missing" in problems_of(HyperParameters={"epochs": "3"})


@pytest.mark.parametrize("name", ["min_epochs", "patience"])
def test_early_stopping_that_cannot_happen_is_refused(name: str) -> None:
    settings = hyperparameters(early_stopping="True", **{name: "11"})

    assert f"{name} is 11, more than epochs (10)" in problems_of(HyperParameters=settings)


def test_blazingtexts_default_counts_where_a_value_is_not_given() -> None:
    settings = hyperparameters(early_stopping="True", epochs="3")

    assert "min_epochs is 5, more than epochs (3)" in problems_of(HyperParameters=settings)


def test_patience_does_not_matter_without_early_stopping() -> None:
    settings = hyperparameters(early_stopping="False", patience="11", min_epochs="11")

    assert TrainingJobProperties.parse(GIVEN | {"HyperParameters": settings})


@pytest.mark.parametrize(
    ("name", "spellings"),
    [
        ("learning_rate", ["0.25", ".25", "0.250", "25e-2"]),
        ("epochs", ["10", "010", " 10 "]),
        ("early_stopping", ["True", "true", "TRUE"]),
    ],
)
def test_hyperparameter_has_one_spelling(name: str, spellings: list[str]) -> None:
    parsed = {
        TrainingJobProperties.parse(
            GIVEN | {"HyperParameters": hyperparameters(**{name: spelling})}
        ).hyperparameters[name]
        for spelling in spellings
    }

    assert parsed == {spellings[0]}


def test_what_a_version_from_before_does_not_say_about_evaluation_and_serving_is_not_known() -> (
    None
):
    properties = TrainingJobProperties.parse(GIVEN)

    assert properties.evaluation_key == ""
    assert properties.evaluation_memory_mib is None
    assert properties.serving_memory_mib is None


def test_memory_that_is_not_known_may_be_said_to_be_so() -> None:
    assert (
        TrainingJobProperties.parse(GIVEN | {"ServingMemoryInMiB": ""}).serving_memory_mib is None
    )


def test_memory_becomes_a_number() -> None:
    given = GIVEN | {"ServingMemoryInMiB": "2048", "EvaluationMemoryInMiB": "3008"}
    properties = TrainingJobProperties.parse(given)

    assert (properties.serving_memory_mib, properties.evaluation_memory_mib) == (2048, 3008)


@pytest.mark.parametrize("name", ["ServingMemoryInMiB", "EvaluationMemoryInMiB"])
@pytest.mark.parametrize("value", ["0", "much", "2048.5"])
def test_memory_that_is_no_whole_number_is_named(name: str, value: str) -> None:
    assert f"{name} must be a whole number from 1 to" in problems_of(**{name: value})


def test_evaluation_key_that_is_none_is_named() -> None:
    assert "EvaluationKey must be an S3 object key" in problems_of(EvaluationKey="line\nbreak")
