"""The normaliser's version travels with the model, and an API that speaks another is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from lambdas.evaluation.errors import EvaluationError
from tests.unit.lambdas.evaluation.evaluation_harness import (
    BUCKET,
    DATA_KEY,
    JOB,
    MODEL_KEY,
    TRAIN_KEY,
    World,
    archive,
    different_reviews,
    train,
)
from tests.unit.local_aws.blazingtext.blazingtext_job import reviews
from tier_layout.manifest import LARGEST_MANIFEST_BYTES

MANIFEST_KEY = "datasets/3f0a91c27be4/dataset.json"
REPORT = f"evaluations/{JOB}/report.json"
PAGE = f"evaluations/{JOB}/report.html"
OLD, NEW = "1f0a91c27be4", "2b81d5e60f7a"
MANIFEST = {
    "format": 1,
    "command": "python -m data_prep sample",
    "normaliser_version": OLD,
    "rows_in": 200,
    "rows_out": {},
    "dropped": {},
    "bad": {},
    "labels": {},
    "files": {"train.txt": {"sha256": "00"}, "test.txt": {"sha256": "11"}},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return train(tmp_path_factory.mktemp("model"), reviews(200)).read_bytes()


@pytest.fixture
def world(model: bytes) -> World:
    made = World(model)
    made.bucket.put(TRAIN_KEY, different_reviews(range(200)))
    return made


def put_manifest(world: World, **changes: object) -> None:
    world.bucket.put(MANIFEST_KEY, json.dumps(MANIFEST | changes).encode())


def found(world: World) -> dict[str, Any]:
    """What the latest report has."""
    normaliser: dict[str, Any] = json.loads(world.bucket.objects[REPORT])["normaliser"]
    return normaliser


def test_version_is_that_of_the_training_datas_manifest(world: World) -> None:
    put_manifest(world)
    answer = world.create(TrainKey=TRAIN_KEY, NormaliserVersions=f"{NEW},{OLD}")

    assert found(world) == {"version": OLD, "known": True}
    assert answer["Data"]["NormaliserVersion"] == OLD
    assert b"as the training data\xe2\x80\x99s manifest says" in world.bucket.objects[PAGE]


def test_version_that_the_api_does_not_speak_is_refused_with_the_remedies(world: World) -> None:
    put_manifest(world)
    with pytest.raises(EvaluationError) as refused:
        world.create(TrainKey=TRAIN_KEY, NormaliserVersions=NEW)
    message = str(refused.value)

    assert f"normalised by {OLD}, and the API of this deployment speaks {NEW}:" in message
    assert "other words than the model has learned" in message
    assert "make retrain" in message
    assert "deploy the former version of the code" in message


def test_stack_of_a_former_version_is_not_checked(world: World) -> None:
    put_manifest(world)
    world.create(TrainKey=TRAIN_KEY)

    assert found(world) == {"version": OLD, "known": True}


def test_without_a_manifest_the_current_version_is_assumed(world: World) -> None:
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=f"{NEW},{OLD}")

    assert found(world) == {"version": NEW, "known": False}
    assert b"assumed: it was the API" in world.bucket.objects[PAGE]


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"test.txt": {"sha256": "11"}}},
        {"format": 3},
        {"normaliser_version": "two words"},
        {"command": "x" * LARGEST_MANIFEST_BYTES},
    ],
    ids=["of other files", "of another format", "no version", "too large"],
)
def test_manifest_that_cannot_be_relied_on_is_left_out(
    world: World, changes: dict[str, Any]
) -> None:
    put_manifest(world, **changes)
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=NEW)

    assert found(world) == {"version": NEW, "known": False}


def test_manifest_is_not_read_beyond_its_limit(world: World) -> None:
    world.bucket.put(MANIFEST_KEY, b"{" * (3 * LARGEST_MANIFEST_BYTES))
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=NEW)

    assert world.bucket.read[MANIFEST_KEY] == [LARGEST_MANIFEST_BYTES + 1]


def test_manifest_beside_a_training_file_of_another_name_is_not_about_it(world: World) -> None:
    put_manifest(world)
    other = TRAIN_KEY.replace("train.txt", "mytrain.txt")
    world.bucket.put(other, different_reviews(range(200)))
    world.create(TrainKey=other, NormaliserVersions=NEW)

    assert found(world) == {"version": NEW, "known": False}


def test_manifest_outlives_the_training_file(world: World) -> None:
    put_manifest(world)
    del world.bucket.objects[TRAIN_KEY]
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=OLD)

    assert found(world) == {"version": OLD, "known": True}


def test_version_that_was_assumed_is_kept_when_the_api_speaks_another(world: World) -> None:
    first = world.create(NormaliserVersions=OLD)
    with pytest.raises(EvaluationError, match=f"by {OLD} .which the API spoke when it was first"):
        world.update(first["PhysicalResourceId"], NormaliserVersions=NEW)


def test_version_that_was_assumed_counts_for_another_evaluation_of_the_model(world: World) -> None:
    world.create(NormaliserVersions=OLD)
    world.bucket.put(DATA_KEY, reviews(40, seed=3).encode())
    world.create(NormaliserVersions=f"{NEW},{OLD}")

    assert world.loaded == 2
    assert found(world) == {"version": OLD, "known": False}


def test_another_model_has_a_version_of_its_own(world: World, tmp_path: Path) -> None:
    world.create(NormaliserVersions=OLD)
    other = train(tmp_path, reviews(100), dim=3).read_bytes()
    world.bucket.put(f"{MODEL_KEY}.other", archive({"model.bin": other}))
    world.create(ModelDataUrl=f"s3://{BUCKET}/{MODEL_KEY}.other", NormaliserVersions=NEW)

    assert found(world) == {"version": NEW, "known": False}


def test_manifest_counts_more_than_what_was_assumed(world: World) -> None:
    first = world.create(TrainKey=TRAIN_KEY, NormaliserVersions=NEW)
    put_manifest(world)
    again = world.update(
        first["PhysicalResourceId"], TrainKey=TRAIN_KEY, NormaliserVersions=f"{NEW},{OLD}"
    )

    assert again["PhysicalResourceId"] == first["PhysicalResourceId"]
    assert found(world) == {"version": OLD, "known": True}


def test_version_that_a_manifest_had_is_kept_when_the_manifest_is_gone(world: World) -> None:
    put_manifest(world)
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=OLD)
    del world.bucket.objects[MANIFEST_KEY]
    world.create(TrainKey=TRAIN_KEY, NormaliserVersions=f"{NEW},{OLD}")

    assert found(world) == {"version": OLD, "known": True}
    assert world.loaded == 1


def test_report_without_a_version_gets_the_first_that_anybody_says(world: World) -> None:
    world.create()
    world.create(NormaliserVersions=OLD)
    world.create(NormaliserVersions=f"{NEW},{OLD}")

    assert found(world) == {"version": OLD, "known": False}
    assert world.loaded == 1


def test_rollback_to_the_former_rules_passes(world: World) -> None:
    first = world.create(NormaliserVersions=OLD)
    with pytest.raises(EvaluationError):
        world.update(first["PhysicalResourceId"], NormaliserVersions=NEW)

    assert world.update(first["PhysicalResourceId"], NormaliserVersions=OLD) == first


def test_rollback_passes_although_data_and_manifest_are_gone(world: World) -> None:
    put_manifest(world)
    first = world.create(TrainKey=TRAIN_KEY, NormaliserVersions=OLD)
    for key in (DATA_KEY, TRAIN_KEY, MANIFEST_KEY):
        del world.bucket.objects[key]

    again = world.update(first["PhysicalResourceId"], TrainKey=TRAIN_KEY, NormaliserVersions=OLD)
    assert again == first


def test_manifest_that_may_not_be_read_names_the_permission(world: World) -> None:
    world.bucket.forbidden.add(MANIFEST_KEY)
    with pytest.raises(EvaluationError, match=r"AccessDenied.*Grant what is named"):
        world.create(TrainKey=TRAIN_KEY, NormaliserVersions=NEW)
