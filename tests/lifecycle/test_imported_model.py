"""A model that was trained elsewhere: nothing is started, and what runs is stopped."""

import pytest

from tests.lifecycle.world import MODEL_FROM_ELSEWHERE, World


def test_create_starts_no_job(world: World) -> None:
    assert world.resource.create(world.imported).ok
    assert not world.jobs


def test_create_makes_no_call(world: World) -> None:
    world.resource.create(world.imported)
    assert world.calls == []


def test_attributes_are_those_of_the_job_that_trained_it(world: World) -> None:
    assert world.resource.create(world.imported).data == {
        "TrainingJobName": "Elsewhere-blazingtext-0123456789ab",
        "ModelDataUrl": f"s3://{world.bucket}/{MODEL_FROM_ELSEWHERE}",
        "ValidationAccuracy": "nan",
    }


def test_id_is_the_same_for_the_same_model(world: World) -> None:
    first = world.resource.create(world.imported).physical_id
    assert world.resource.update(world.imported | {"TrainKey": "another"}).physical_id == first


def test_data_need_not_exist(world: World) -> None:
    world.remove_data(world.new)
    assert world.resource.create(world.imported).ok


def test_delete_stops_nothing(world: World) -> None:
    world.resource.create(world.imported)
    world.completing = False
    others = world.begin_create().physical_id

    assert world.resource.delete().ok
    assert world.status(others) == "InProgress"


def test_update_to_it_leaves_the_former_job_as_it_is(world: World) -> None:
    former = world.resource.create(world.old).physical_id

    assert world.resource.update(world.imported).ok
    assert world.status(former) == "Completed"


def test_update_from_it_trains(world: World) -> None:
    world.resource.create(world.imported)
    response = world.resource.update(world.new)

    assert world.status(response.physical_id) == "Completed"


@pytest.mark.parametrize("id_kept", [True, False])
def test_rollback_to_it_stops_the_job_of_the_failed_version(world: World, id_kept: bool) -> None:
    world.resource.create(world.imported)
    world.failing = True
    former = world.resource.physical_id
    world.resource.update(world.new, id_kept=id_kept)

    assert world.resource.physical_id == former
    assert world.sagemaker.running() == []


def test_rollback_from_a_cancelled_update_stops_what_that_started(world: World) -> None:
    world.resource.create(world.imported)
    world.completing = False
    abandoned = world.begin_update(world.new)
    back = world.begin_update(world.imported, OldResourceProperties=world.new)

    assert back.response is None
    assert world.status(abandoned.physical_id) == "Stopping"


@pytest.mark.parametrize("id_kept", [True, False])
def test_rollback_from_it_trains_nothing(world: World, id_kept: bool) -> None:
    former = world.resource.create(world.old).physical_id
    world.resource.update(world.imported, id_kept=id_kept, then="The gate was missed")

    assert world.resource.physical_id == former
    assert len(world.jobs) == 1


def test_model_outside_the_tiers_folder_is_refused(world: World) -> None:
    elsewhere = world.imported | {"ModelDataUrl": "s3://elsewhere/model.tar.gz"}
    response = world.resource.create(elsewhere)

    assert "ModelDataUrl must be a .tar.gz below s3://" in response.reason
