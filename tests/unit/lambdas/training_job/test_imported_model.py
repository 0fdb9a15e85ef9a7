"""A model from elsewhere is named, checked and described without any job."""

import pytest

from lambdas.training_job.imported_model import imported_attributes, imported_id
from lambdas.training_job.messages import TrainingJobError
from lambdas.training_job.properties import TrainingJobProperties
from tests.unit.lambdas.training_job.test_properties import GIVEN

URL = "s3://data-bucket/models/Sandbox-blazingtext-0123456789ab/output/model.tar.gz"


def imported(url: str = URL, **changes: str) -> TrainingJobProperties:
    return TrainingJobProperties.parse(GIVEN | {"ModelDataUrl": url} | changes)


def test_model_has_the_name_of_the_job_that_trained_it() -> None:
    attributes = imported_attributes(imported())
    assert attributes["TrainingJobName"] == "Sandbox-blazingtext-0123456789ab"


@pytest.mark.parametrize(
    "url",
    [
        "s3://data-bucket/models/model.tar.gz",
        "s3://data-bucket/models/-x/output/model.tar.gz",
        f"s3://data-bucket/models/{'x' * 64}/output/model.tar.gz",
        "s3://data-bucket/models/a_b/output/model.tar.gz",
    ],
)
def test_model_that_no_job_left_there_has_the_name_of_its_place(url: str) -> None:
    properties = imported(url)
    assert imported_attributes(properties)["TrainingJobName"] == imported_id(properties)


def test_model_is_served_from_where_it_is() -> None:
    assert imported_attributes(imported())["ModelDataUrl"] == URL


def test_accuracy_of_its_training_is_not_known() -> None:
    assert imported_attributes(imported())["ValidationAccuracy"] == "nan"


def test_id_is_that_of_the_place() -> None:
    assert imported_id(imported()) == "Sandbox-blazingtext-imported-8bd1d3186261"


@pytest.mark.parametrize(
    "url",
    [
        "s3://other-bucket/models/a/output/model.tar.gz",
        "s3://data-bucket/elsewhere/model.tar.gz",
        "s3://data-bucket/models.tar.gz",
        "s3://data-bucket/models/model.zip",
        "s3://data-bucket/models/a\nb.tar.gz",
    ],
)
def test_model_outside_the_tiers_folder_is_refused_with_a_way_in(url: str) -> None:
    with pytest.raises(TrainingJobError) as caught:
        imported(url)
    assert "below s3://data-bucket/models/" in str(caught.value)
    assert "make promote MODEL=" in str(caught.value)


def test_model_needs_no_data() -> None:
    assert imported(TrainKey="", TestKey="").train_key == ""


def test_data_that_is_named_all_the_same_is_checked() -> None:
    with pytest.raises(TrainingJobError, match="TrainKey must be an S3 object key"):
        imported(TrainKey="a\nb")
