"""Create: one job for the same inputs, nothing trained from what cannot be trained on."""

import pytest

from lambdas.training_job.event_age import ANSWER_WITHIN_SECONDS, START_WITHIN_SECONDS
from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import load_event
from tests.lifecycle.world import World


def test_create_returns_the_job_the_model_and_the_accuracy(world: World) -> None:
    response = world.resource.create(world.old)

    (name,) = world.jobs
    assert response.ok
    assert response.physical_id == name
    assert response.data == {
        "TrainingJobName": name,
        "ModelDataUrl": f"{world.old['OutputPath']}/{name}/output/model.tar.gz",
        "ValidationAccuracy": "0.9100",
    }


def test_job_reads_both_files_through_the_channels_train_and_validation(world: World) -> None:
    world.begin_create()

    (job,) = world.jobs.values()
    assert {
        channel["ChannelName"]: channel["DataSource"]["S3DataSource"]["S3Uri"]
        for channel in job["InputDataConfig"]
    } == {
        "train": f"s3://{world.bucket}/{world.old['TrainKey']}",
        "validation": f"s3://{world.bucket}/{world.old['TestKey']}",
    }


def test_running_job_is_not_complete(world: World) -> None:
    operation = world.begin_create()

    assert operation.poll() is None


def test_duplicate_create_event_reuses_the_running_job(world: World) -> None:
    first, second = world.begin_create(), world.begin_create()

    assert first.physical_id == second.physical_id
    assert len(world.jobs) == 1


def test_create_reuses_a_completed_job(world: World) -> None:
    world.resource.create(world.old)
    world.resource.create(world.old)

    assert len(world.jobs) == 1


def test_same_content_under_another_key_is_the_same_job(world: World) -> None:
    world.resource.create(world.old)
    for channel in ("TrainKey", "TestKey"):
        content = world.s3.objects[world.bucket, world.old[channel]]
        world.upload(f"copy/{channel}", content)
    world.resource.create(world.old | {"TrainKey": "copy/TrainKey", "TestKey": "copy/TestKey"})

    assert len(world.jobs) == 1


def test_other_content_under_the_same_key_is_another_job(world: World) -> None:
    world.resource.create(world.old)
    world.upload(world.old["TrainKey"], "__label__positive rewritten\n")
    world.resource.create(world.old)

    assert len(world.jobs) == 2


@pytest.mark.parametrize("status", ["Failed", "Stopped", "Stopping", "Deleting"])
def test_attempt_that_ended_is_followed_by_the_next(world: World, status: str) -> None:
    first = world.begin_create().physical_id
    world.sagemaker.show(first, TrainingJobStatus=status)

    assert world.begin_create().physical_id == f"{first}-2"


def test_job_whose_model_was_deleted_counts_as_ended(world: World) -> None:
    first = world.resource.create(world.old).physical_id
    world.s3.delete(world.bucket, f"models/{first}/output/model.tar.gz")

    assert world.resource.create(world.old).physical_id == f"{first}-2"


def test_attempts_have_an_end(world: World) -> None:
    for _ in range(20):
        world.sagemaker.fail(world.begin_create().physical_id)
    operation = world.begin_create()

    assert operation.response is not None
    assert "20 training jobs with the same inputs" in operation.response.reason
    assert len(world.jobs) == 20


def test_job_created_at_the_same_moment_by_another_event_is_reused(world: World) -> None:
    in_use = client_error("ResourceInUse", "CreateTrainingJob")
    world.faults.append(Fault("create_training_job", 1, in_use, acted=True))

    assert world.begin_create().physical_id in world.jobs


@pytest.mark.parametrize("channel", ["TrainKey", "TestKey"])
def test_missing_object_is_named_with_bucket_and_remedy(world: World, channel: str) -> None:
    world.s3.delete(world.bucket, world.old[channel])
    reason = world.resource.create(world.old).reason

    assert world.old[channel] in reason
    assert world.bucket in reason
    assert "python -m data_prep upload" in reason


def test_both_missing_objects_are_named_at_once(world: World) -> None:
    world.remove_data(world.old)
    reason = world.resource.create(world.old).reason

    assert world.old["TrainKey"] in reason
    assert world.old["TestKey"] in reason


REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b"\n \n", "only blank lines"),
    "label-less": (b"a fine secret review\nanother one\n", "in only 0 of its first 2 lines"),
    "gzip": (b"\x1f\x8b\x08\x00", "gzip"),
    "NUL bytes": (b"__label__a \0\0\n", "binary"),
    "Latin-1": ("__label__a déjà vu\n".encode("latin-1"), "not UTF-8"),
}


@pytest.mark.parametrize(("content", "said"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_learnt_from_is_refused_before_training(
    world: World, content: bytes, said: str
) -> None:
    world.upload(world.old["TrainKey"], content)
    reason = world.resource.create(world.old).reason

    assert said in reason
    assert world.old["TrainKey"] in reason
    assert not world.jobs


def test_no_line_of_the_data_is_quoted(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.upload(world.old["TrainKey"], "a fine secret review\n")
    with caplog.at_level("DEBUG"):
        reason = world.resource.create(world.old).reason

    assert "secret" not in reason + caplog.text


def test_channels_with_the_same_content_are_refused(world: World) -> None:
    world.upload(world.old["TestKey"], world.s3.objects[world.bucket, world.old["TrainKey"]])
    reason = world.resource.create(world.old).reason

    assert "same content" in reason
    assert not world.jobs


def test_second_object_that_the_channel_would_read_is_refused(world: World) -> None:
    world.upload(world.old["TrainKey"] + ".bak", "__label__positive old\n")
    reason = world.resource.create(world.old).reason

    assert "train.txt.bak" in reason
    assert not world.jobs


def test_create_does_not_take_a_former_model_for_data_that_is_missing(world: World) -> None:
    world.resource.create(world.old)
    world.remove_data(world.old)

    assert "lacks training data" in world.resource.create(world.old).reason


def test_beginning_that_is_read_has_64_kib(world: World) -> None:
    content = b"__label__a good\n" * 4_096  # exactly as much
    world.upload(world.old["TrainKey"], content[:-1] + b"\xff")
    reason = world.resource.create(world.old).reason

    assert "first wrong byte at 65535" in reason


def test_only_the_beginning_of_a_large_file_is_read(world: World) -> None:
    world.upload(world.old["TrainKey"], b"__label__positive good\n" * 10_000 + b"\xff")

    assert world.begin_create().response is None


def test_invalid_properties_are_all_reported_without_a_call_to_aws(world: World) -> None:
    broken = world.old | {"VolumeSizeInGB": "much", "RoleArn": "none", "TrainKey": ""}
    reason = world.resource.create(broken).reason

    assert all(name in reason for name in ("VolumeSizeInGB", "RoleArn", "TrainKey"))
    assert world.calls == []


def test_event_itself_starts_nothing(world: World) -> None:
    """Its answer carries the name: whatever happens from then on, the job can be found."""
    operation = world.begin(load_event("create"))

    assert operation.response is None
    assert not world.jobs


def test_job_that_could_not_be_started_in_time_is_not_started_later(world: World) -> None:
    operation = world.begin(load_event("create"))
    world.now += START_WITHIN_SECONDS

    assert operation.poll() is None
    assert not world.jobs


def test_create_whose_job_never_came_to_be_fails_once_no_request_is_on_its_way(
    world: World,
) -> None:
    operation = world.begin(load_event("create"))
    world.let_settle()
    response = operation.poll()

    assert response is not None
    assert "was never created" in response.reason


def test_create_is_answered_before_cloudformation_gives_up(world: World) -> None:
    operation = world.begin_create()
    world.now += ANSWER_WITHIN_SECONDS - 1
    assert operation.poll() is None
    world.now += 1
    response = operation.poll()

    assert response is not None
    assert f"is not done with after {ANSWER_WITHIN_SECONDS // 60} minutes" in response.reason
