"""Which labels the model will know, and what cannot come of them."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.training_job.data_sample import Sample
from lambdas.training_job.label_check import (
    TrainingLabels,
    foreign_label_problems,
    reserved_label_problems,
    training_labels,
)
from lambdas.training_job.training_data import DataFile
from tests.lifecycle.fake_aws import FakeS3, client_error
from tier_layout.manifest import LARGEST_MANIFEST_BYTES

TRAIN = DataFile(name="train", bucket="b", key="datasets/1/train.txt", etag="aa", size=100)
MANIFEST = "datasets/1/dataset.json"
SEEN = Sample(labels=frozenset({"negative"}))


def manifest(**changes: Any) -> bytes:
    content = {
        "format": 1,
        "command": "",
        "normaliser_version": "1",
        "rows_in": 3,
        "rows_out": {},
        "dropped": {},
        "bad": {},
        "labels": {"train": {"negative": 1, "positive": 1, "rare": 1}, "test": {"other": 1}},
        "files": {},
    }
    return json.dumps(content | changes).encode()


def described(content: bytes, *, train: DataFile = TRAIN, sample: Sample = SEEN) -> TrainingLabels:
    s3 = FakeS3()
    s3.put("b", MANIFEST, content)
    return training_labels(train, sample, s3)


def refused(code: str, status: int) -> FakeS3:
    class Refusing(FakeS3):
        def get_object(self, **request: Any) -> dict[str, Any]:
            raise client_error(code, "GetObject", status=status)

    return Refusing()


def foreign(seen: set[str], labels: TrainingLabels) -> list[str]:
    found = foreign_label_problems("'test.txt' (TestKey)", frozenset(seen), labels, "Do it.")
    return [problem.what for problem in found]


def sampled(*names: str) -> TrainingLabels:
    return TrainingLabels(names=frozenset(names), complete=False)


def all_of(*names: str) -> TrainingLabels:
    return TrainingLabels(names=frozenset(names), complete=True)


def test_manifest_beside_the_file_names_all_its_labels() -> None:
    assert described(manifest()) == all_of("negative", "positive", "rare")


def test_without_a_manifest_the_sample_is_all_that_is_known() -> None:
    assert training_labels(TRAIN, SEEN, FakeS3()) == sampled("negative")


def test_manifest_beside_a_file_of_another_name_is_not_its_own() -> None:
    other = DataFile(name="train", bucket="b", key="datasets/1/more.txt", etag="aa", size=100)

    assert described(manifest(), train=other) == sampled("negative")


def test_manifest_that_does_not_name_what_is_in_the_file_is_not_its_own() -> None:
    sample = Sample(labels=frozenset({"negative", "meh"}))

    assert described(manifest(), sample=sample) == sampled("negative", "meh")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no JSON",
        manifest(format=3),
        manifest(labels={"test": {"negative": 1}}),
        manifest(command="x" * LARGEST_MANIFEST_BYTES),
    ],
    ids=["empty", "no JSON", "another format", "no training labels", "more than 1 MiB"],
)
def test_manifest_that_cannot_be_used_is_ignored(content: bytes) -> None:
    assert described(content) == sampled("negative")


def test_manifest_that_may_not_be_read_is_ignored() -> None:
    assert training_labels(TRAIN, SEEN, refused("AccessDenied", 403)) == sampled("negative")


def test_passing_error_is_not_taken_for_a_missing_manifest() -> None:
    with pytest.raises(ClientError, match="SlowDown"):
        training_labels(TRAIN, SEEN, refused("SlowDown", 503))


def test_label_that_training_does_not_have_is_foreign() -> None:
    assert foreign({"meh", "negative"}, all_of("negative", "positive")) == [
        "'test.txt' (TestKey) has the label 'meh', and the training data has the labels "
        "'negative', 'positive': a model cannot answer with a label that it was not trained on"
    ]


def test_three_foreign_labels_are_shown_at_most() -> None:
    (problem,) = foreign({"1", "2", "3", "4", "5"}, all_of("a"))

    assert "has the labels '1', '2', '3' and 2 more, and" in problem


def test_labels_of_training_need_not_all_be_evaluated() -> None:
    assert foreign({"negative"}, all_of("negative", "positive")) == []


def test_label_that_the_training_sample_lacks_may_come_later_in_the_file() -> None:
    assert foreign({"negative", "rare"}, sampled("negative")) == []


def test_samples_without_a_common_label_are_of_different_data() -> None:
    assert len(foreign({"1", "5"}, sampled("negative", "positive"))) == 1


@pytest.mark.parametrize(
    ("seen", "labels"), [({"1"}, sampled("2", "3")), ({"1", "2"}, sampled("3"))]
)
def test_sample_with_one_label_may_be_the_beginning_of_a_sorted_file(
    seen: set[str], labels: TrainingLabels
) -> None:
    assert foreign(seen, labels) == []


def test_nothing_is_foreign_to_training_data_whose_labels_are_not_known() -> None:
    assert foreign({"negative"}, sampled()) == []


@pytest.mark.parametrize("labels", [sampled("unsure", "sure"), all_of("unsure", "sure")])
def test_label_that_the_api_needs_for_itself_is_a_problem(labels: TrainingLabels) -> None:
    (problem,) = reserved_label_problems(TRAIN, labels)

    assert "has the label 'unsure'" in problem.what
    assert "`--map unsure=...`" in problem.remedy


def test_other_labels_are_left_to_whoever_trains() -> None:
    assert list(reserved_label_problems(TRAIN, all_of("Unsure", "unsure-ish"))) == []
