"""What is known beforehand to be in vain is refused before a job costs anything, and only then."""

import pytest

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import Json
from tests.lifecycle.world import EVALUATION_KEY, World

NEW_PROPERTIES = ("EvaluationKey", "ServingMemoryInMiB", "EvaluationMemoryInMiB")
VALIDATION_KEY = "validation/reviews.txt"
LOOKED_AT = "__label__positive looked at\n__label__negative too\n"
MISSING = {"EvaluationKey": "datasets/other/test.txt"}
TOO_LARGE = {"vector_dim": "300", "buckets": "20000000"}


def from_before(properties: Json) -> Json:
    """What a stack sends that was deployed before these properties existed."""
    return {name: value for name, value in properties.items() if name not in NEW_PROPERTIES}


@pytest.fixture
def apart() -> World:
    """Models are evaluated on a file of its own."""
    return World(evaluated_apart=True)


def test_file_for_the_evaluation_alone_is_accepted(apart: World) -> None:
    assert apart.resource.create(apart.old).ok


@pytest.mark.parametrize("content", [b"", b"a review\n", b"\x1f\x8b\x08\x00"])
def test_evaluation_file_is_to_be_labelled_text(apart: World, content: bytes) -> None:
    apart.upload(EVALUATION_KEY, content)
    reason = apart.resource.create(apart.old).reason

    assert f"'{EVALUATION_KEY}' (EvaluationKey)" in reason
    assert not apart.jobs


def with_validation_file(world: World, content: str) -> Json:
    world.upload(VALIDATION_KEY, content)
    return world.old | {"ValidationKey": VALIDATION_KEY}


def test_validation_file_of_its_own_is_the_channels(world: World) -> None:
    asked = with_validation_file(world, LOOKED_AT)
    assert world.resource.create(asked).ok
    (job,) = world.jobs.values()
    uris = [c["DataSource"]["S3DataSource"]["S3Uri"] for c in job["InputDataConfig"]]
    assert uris == [f"s3://{world.bucket}/{key}" for key in (asked["TrainKey"], VALIDATION_KEY)]


def test_stack_of_former_times_that_gets_the_parameter_starts_no_job(world: World) -> None:
    world.resource.create(world.old)
    assert world.resource.update(world.old | {"ValidationKey": ""}).ok
    assert len(world.jobs) == 1


def test_test_file_beside_a_validation_file_changes_no_job(world: World) -> None:
    asked = with_validation_file(world, LOOKED_AT)
    world.resource.create(asked)
    world.upload("datasets/other/test.txt", "__label__positive new\n__label__negative too\n")
    assert world.resource.update(asked | {"TestKey": "datasets/other/test.txt"}).ok
    assert len(world.jobs) == 1


def test_validation_file_makes_another_job(world: World) -> None:
    world.resource.create(world.old)
    world.resource.update(with_validation_file(world, LOOKED_AT))
    assert len(world.jobs) == 2


def test_copy_of_the_test_file_is_no_validation_file(world: World) -> None:
    test = world.s3.objects[world.bucket, world.old["TestKey"]].decode()
    asked = with_validation_file(world, test) | {"EvaluationKey": world.old["TestKey"]}
    reason = world.resource.create(asked).reason
    assert "(TestKey) has the content of the validation data" in reason
    assert not world.jobs


def test_labels_of_the_validation_file_are_those_of_the_training_file(world: World) -> None:
    foreign = "__label__5 fine\n__label__1 awful\n"
    asked = with_validation_file(world, foreign) | {"EvaluationKey": world.old["TestKey"]}
    assert "(ValidationKey) has the labels '1', '5'" in world.resource.create(asked).reason


def test_validation_file_is_not_the_training_file(world: World) -> None:
    asked = world.old | {"ValidationKey": world.old["TrainKey"]}
    assert "TrainKey and ValidationKey are the same" in world.resource.create(asked).reason


def test_validation_file_that_was_kept_from_another_dataset_is_refused(world: World) -> None:
    kept = world.new["TrainKey"].replace("train.txt", "validation.txt")
    world.upload(kept, LOOKED_AT)
    reason = world.resource.create(world.old | {"ValidationKey": kept}).reason
    assert f"'{kept}' (ValidationKey) belongs to another dataset than" in reason
    assert "`ValidationKey=` (empty) for a dataset of two files" in reason
    assert not world.jobs


def test_validation_file_of_the_same_dataset_is_not(world: World) -> None:
    beside = world.old["TrainKey"].replace("train.txt", "validation.txt")
    world.upload(beside, LOOKED_AT)
    assert world.resource.create(world.old | {"ValidationKey": beside}).ok


def test_missing_evaluation_file_is_refused_with_a_way_out(world: World) -> None:
    reason = world.resource.create(world.old | MISSING).reason

    assert "`EvaluationKey=` (empty) evaluates on TestKey" in reason
    assert not world.jobs


def test_evaluation_file_may_share_its_keys_beginning(apart: World) -> None:
    apart.upload(f"{EVALUATION_KEY}.bak", "__label__positive old\n")

    assert apart.resource.create(apart.old).ok


def test_file_of_the_channel_is_not_looked_up_a_second_time(world: World) -> None:
    world.begin_create()

    assert world.calls.count("head_object") == 2


@pytest.mark.parametrize("operation", ["head_object", "get_object"])
def test_denied_evaluation_file_is_answered_with_an_id_whose_delete_finds_the_job(
    apart: World, operation: str
) -> None:
    """A duplicate of the event may be allowed to read it, and start the job."""
    denied = client_error("AccessDenied", "Any", status=403)
    apart.faults.append(Fault(operation, 3, denied))  # after both channels
    response = apart.begin_create().response
    duplicate = apart.begin_create()

    assert response is not None
    assert response.physical_id == "Sandbox-blazingtext-unnamed"
    apart.begin_delete(response.physical_id).poll()
    assert apart.status(duplicate.physical_id) == "Stopping"


def test_model_that_fits_nowhere_is_not_trained(world: World) -> None:
    shape = {"HyperParameters": world.old["HyperParameters"] | TOO_LARGE}
    reason = world.resource.create(world.old | shape).reason

    assert "a model of 24.0 GB" in reason
    assert not world.jobs


def test_labels_of_other_data_are_refused_under_the_key_that_names_them(apart: World) -> None:
    apart.upload(EVALUATION_KEY, "__label__5 fine\n__label__1 awful\n")
    reason = apart.resource.create(apart.old).reason

    assert f"'{EVALUATION_KEY}' (EvaluationKey) has the labels '1', '5'" in reason
    assert not apart.jobs


def test_labels_of_the_test_file_are_held_against_training(world: World) -> None:
    world.upload(world.old["TestKey"], "__label__5 fine\n__label__1 awful\n")
    reason = world.resource.create(world.old).reason

    assert f"'{world.old['TestKey']}' (TestKey) has the labels '1', '5'" in reason


def test_word_of_the_apis_own_is_refused_as_a_label(world: World) -> None:
    world.upload(world.old["TrainKey"], "__label__positive x\n__label__unsure y\n")

    assert "`--map unsure=...`" in world.resource.create(world.old).reason
    assert not world.jobs


def test_stack_from_before_is_held_against_nothing_that_it_did_not_say(world: World) -> None:
    world.upload(world.old["TestKey"], "__label__5 fine\n__label__1 awful\n")
    shape = {"HyperParameters": world.old["HyperParameters"] | TOO_LARGE}

    assert world.resource.create(from_before(world.old | shape)).ok


def test_new_properties_alone_start_no_job(world: World) -> None:
    world.resource.create(from_before(world.old))
    world.resource.update(world.old)

    assert len(world.jobs) == 1


def test_job_that_exists_is_deployed_whatever_became_of_the_evaluation_file(world: World) -> None:
    world.resource.create(world.old)

    assert world.resource.update(world.old | MISSING).ok


@pytest.mark.parametrize("id_kept", [True, False], ids=["former id", "returned id"])
@pytest.mark.parametrize("data_gone", [False, True], ids=["data there", "data gone"])
def test_rollback_needs_no_evaluation_file(apart: World, id_kept: bool, data_gone: bool) -> None:
    first = apart.resource.create(apart.old).physical_id
    apart.s3.delete(apart.bucket, EVALUATION_KEY)
    if data_gone:
        apart.remove_data(apart.old)
    apart.failing = True
    apart.resource.update(apart.new | {"EvaluationKey": apart.new["TestKey"]}, id_kept=id_kept)

    assert apart.resource.physical_id == first


def test_rollback_to_a_stack_from_before_keeps_its_job(world: World) -> None:
    first = world.resource.create(from_before(world.old)).physical_id
    world.failing = True
    world.resource.update(world.new, id_kept=False)

    assert world.resource.physical_id == first
