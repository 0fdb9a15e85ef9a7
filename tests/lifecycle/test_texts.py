"""What a person reads, word for word: every failure's text, and the log of each course.

`texts.json` holds the texts that were approved. A text that changes is to be read again there.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.fake_aws import client_error
from tests.lifecycle.faults import Fault
from tests.lifecycle.provider import Operation, load_event
from tests.lifecycle.world import EVALUATION_KEY, World

APPROVED: dict[str, Any] = json.loads((Path(__file__).parent / "texts.json").read_text("utf-8"))

WRONG = {
    "JobNamePrefix": "-a",
    "TrainingImage": "a b",
    "RoleArn": "role",
    "BucketName": "Upper",
    "TrainKey": "a\nb",
    "TestKey": "",
    "OutputPath": "models",
    "InstanceType": "c5.xlarge",
    "VolumeSizeInGB": "0",
    "MaxRuntimeInSeconds": "many",
    "HyperParameters": {
        "buckets": "2147483648",
        "early_stopping": "perhaps",
        "epochs": "0",
        "learning_rate": "-1",
        "min_epochs": "p",
        "mode": "batch_skipgram",
        "size": "2",
    },
}


def refused(world: World, operation: str, code: str, *, status: int = 400, calls: int = 1) -> None:
    error = client_error(code, operation, status=status, message="said by AWS.")
    names = {"HeadObject": "head_object", "StopTrainingJob": "stop_training_job"}
    name = names.get(operation) or operation.replace("TrainingJob", "_training_job").lower()
    world.faults.append(Fault(name, 1, error, until_call=calls))


def wrong_properties(world: World) -> Operation:
    return world.begin(load_event("create") | {"ResourceProperties": WRONG})


def missing_properties(world: World) -> Operation:
    return world.begin(load_event("create") | {"ResourceProperties": {}})


def two_channels_of_one_key(world: World) -> Operation:
    properties = world.old | {"TestKey": world.old["TrainKey"]}
    return world.begin(load_event("create") | {"ResourceProperties": properties})


def missing_mode(world: World) -> Operation:
    properties = world.old | {"HyperParameters": {"epochs": "5"}}
    return world.begin(load_event("create") | {"ResourceProperties": properties})


def early_stopping_that_never_comes(world: World) -> Operation:
    hyperparameters = world.old["HyperParameters"] | {"epochs": "3"}
    properties = world.old | {"HyperParameters": hyperparameters}
    return world.begin(load_event("create") | {"ResourceProperties": properties})


def missing_data(world: World) -> Operation:
    world.remove_data(world.old)
    return world.begin_create()


def forbidden_data(world: World) -> Operation:
    refused(world, "HeadObject", "403", status=403, calls=2)
    return world.begin_create()


def empty_and_unlabelled_data(world: World) -> Operation:
    world.upload(world.old["TrainKey"], b"")
    world.upload(world.old["TestKey"], b"a review\n__label__negative another\n")
    return world.begin_create()


def compressed_and_binary_data(world: World) -> Operation:
    world.upload(world.old["TrainKey"], b"\x1f\x8b\x08\x00")
    world.upload(world.old["TestKey"], b"__label__negative \0\n")
    return world.begin_create()


def blank_and_wrongly_encoded_data(world: World) -> Operation:
    world.upload(world.old["TrainKey"], b"\n \n")
    world.upload(world.old["TestKey"], b"__label__negative \xe9\n")
    return world.begin_create()


def two_objects_for_a_channel(world: World) -> Operation:
    world.upload(world.old["TrainKey"] + ".bak", "__label__positive old\n")
    return world.begin_create()


def same_data_in_both_channels(world: World) -> Operation:
    world.upload(world.old["TestKey"], world.s3.objects[world.bucket, world.old["TrainKey"]])
    return world.begin_create()


def missing_evaluation_file(world: World) -> Operation:
    return world.begin_create(EvaluationKey="datasets/other/test.txt")


def forbidden_evaluation_file(world: World) -> Operation:
    denied = client_error("403", "HeadObject", status=403)
    world.faults.append(Fault("head_object", 3, denied))
    return world.begin_create(EvaluationKey="datasets/other/test.txt")


def empty_evaluation_file(world: World) -> Operation:
    world.upload(EVALUATION_KEY, b"")
    return world.begin_create(EvaluationKey=EVALUATION_KEY)


def evaluation_on_the_training_data(world: World) -> Operation:
    world.upload(EVALUATION_KEY, world.s3.objects[world.bucket, world.old["TrainKey"]])
    return world.begin_create(EvaluationKey=EVALUATION_KEY)


def model_too_large(world: World) -> Operation:
    shape = {"vector_dim": "300", "buckets": "20000000"}
    return world.begin_create(HyperParameters=world.old["HyperParameters"] | shape)


def foreign_labels(world: World) -> Operation:
    world.describe_data(world.old)
    lines = (f"__label__{label} a review\n" for label in ("5", "4", "negative", "1", "2"))
    world.upload(EVALUATION_KEY, "".join(lines))
    return world.begin_create(EvaluationKey=EVALUATION_KEY)


def foreign_labels_in_the_test_file(world: World) -> Operation:
    world.upload(world.old["TestKey"], "__label__meh a review\n__label__fair another\n")
    return world.begin_create()


def label_of_the_apis_own(world: World) -> Operation:
    world.describe_data(world.old, "negative", "positive", "unsure")
    return world.begin_create()


def everything_in_vain(world: World) -> Operation:
    world.describe_data(world.old, "positive", "unsure")
    world.upload(world.old["TrainKey"], b"")
    shape = {"vector_dim": "300", "buckets": "20000000"}
    return world.begin_create(
        EvaluationKey="datasets/other/test.txt",
        HyperParameters=world.old["HyperParameters"] | shape,
    )


def twenty_attempts(world: World) -> Operation:
    for _ in range(20):
        world.sagemaker.fail(world.begin_create().physical_id)
    return world.begin_create()


def quota(world: World) -> Operation:
    refused(world, "CreateTrainingJob", "ResourceLimitExceeded")
    return world.begin_create()


def denied_start(world: World) -> Operation:
    refused(world, "CreateTrainingJob", "AccessDeniedException")
    return world.begin_create()


def wrong_request(world: World) -> Operation:
    refused(world, "CreateTrainingJob", "ValidationException")
    return world.begin_create()


def never_created(world: World) -> Operation:
    operation = world.begin(load_event("create"))
    world.let_settle()
    operation.poll()
    return operation


def overdue_create(world: World) -> Operation:
    operation = world.begin_create()
    world.now += 3_600
    operation.poll()
    return operation


def overdue_delete(world: World) -> Operation:
    operation = world.begin_delete(world.begin_create().physical_id)
    operation.poll()
    world.now += 3_600
    operation.poll()
    return operation


def foreign_job(world: World) -> Operation:
    operation = world.begin_create()
    operation.event["PhysicalResourceId"] = "Production-blazingtext-0123456789ab"
    operation.poll()
    return operation


def ended(**members: str) -> Callable[[World], Operation]:
    def course(world: World) -> Operation:
        operation = world.begin_create()
        world.sagemaker.show(operation.physical_id, **members)
        operation.poll()
        return operation

    return course


def without_a_model(world: World) -> Operation:
    operation = world.begin_create()
    world.sagemaker.complete(operation.physical_id, with_model=False)
    operation.poll()
    return operation


def denied_stop(world: World) -> Operation:
    operation = world.begin_delete(world.begin_create().physical_id)
    world.let_settle()
    refused(world, "StopTrainingJob", "AccessDeniedException")
    operation.poll()
    return operation


def denied_poll(world: World) -> Operation:
    operation = world.begin_create()
    refused(world, "DescribeTrainingJob", "AccessDeniedException")
    operation.poll()
    return operation


def throttled_event(world: World) -> Operation:
    refused(world, "DescribeTrainingJob", "ThrottlingException")
    return world.begin_create()


FAILURES: dict[str, Callable[[World], Operation]] = {
    "wrong properties": wrong_properties,
    "missing properties": missing_properties,
    "two channels of one key": two_channels_of_one_key,
    "missing mode": missing_mode,
    "early stopping that never comes": early_stopping_that_never_comes,
    "missing data": missing_data,
    "forbidden data": forbidden_data,
    "empty and unlabelled data": empty_and_unlabelled_data,
    "compressed and binary data": compressed_and_binary_data,
    "blank and wrongly encoded data": blank_and_wrongly_encoded_data,
    "two objects for a channel": two_objects_for_a_channel,
    "same data in both channels": same_data_in_both_channels,
    "missing evaluation file": missing_evaluation_file,
    "forbidden evaluation file": forbidden_evaluation_file,
    "empty evaluation file": empty_evaluation_file,
    "evaluation on the training data": evaluation_on_the_training_data,
    "model too large": model_too_large,
    "foreign labels": foreign_labels,
    "foreign labels in the test file": foreign_labels_in_the_test_file,
    "label of the API's own": label_of_the_apis_own,
    "everything in vain": everything_in_vain,
    "twenty attempts": twenty_attempts,
    "exhausted quota": quota,
    "denied start": denied_start,
    "wrong request": wrong_request,
    "job never created": never_created,
    "overdue create": overdue_create,
    "overdue delete": overdue_delete,
    "foreign job": foreign_job,
    "job failed": ended(
        TrainingJobStatus="Failed", SecondaryStatus="Failed", FailureReason="ClientError: full."
    ),
    "job failed without a reason": ended(TrainingJobStatus="Failed", SecondaryStatus=""),
    "job failed in another way": ended(TrainingJobStatus="Failed", SecondaryStatus="Interrupted"),
    "job took too long": ended(
        TrainingJobStatus="Stopped", SecondaryStatus="MaxRuntimeExceeded", FailureReason="Why."
    ),
    "job without a model": without_a_model,
    "denied stop": denied_stop,
    "denied poll": denied_poll,
    "throttled event": throttled_event,
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_said_in_the_approved_words(world: World, name: str) -> None:
    response = FAILURES[name](world).response

    assert response is not None
    assert response.reason == APPROVED["failures"][name]


def log_of_a_life(world: World) -> None:
    world.resource.create(world.old)
    world.resource.create(world.old)
    world.resource.update(world.new)
    world.begin_delete(world.begin_create().physical_id).poll()


def log_of_a_rollback(world: World) -> None:
    world.resource.create(world.old)
    world.begin_update(world.new)
    world.begin_update(world.old, OldResourceProperties=world.new)


def log_of_a_rollback_without_data(world: World) -> None:
    world.resource.create(world.old)
    world.remove_data(world.old)
    world.resource.update(world.new, then="the endpoint failed")


def log_of_models_that_cannot_be_listed(world: World) -> None:
    world.resource.create(world.old)
    world.remove_data(world.new)
    denied = client_error("AccessDenied", "ListObjectsV2", status=403)
    world.faults.append(Fault("list_objects_v2", 1, denied))
    world.begin_update(world.new)


def log_of_a_job_that_exists(world: World) -> None:
    in_use = client_error("ResourceInUse", "CreateTrainingJob")
    world.faults.append(Fault("create_training_job", 1, in_use, acted=True))
    world.begin_create()


def log_of_errors_that_pass(world: World) -> None:
    refused(world, "CreateTrainingJob", "ThrottlingException")
    operation = world.begin_create()
    operation.poll()
    refused(world, "StopTrainingJob", "AccessDeniedException")
    world.begin_delete(operation.physical_id).poll()


def log_of_a_cancelled_create_without_data(world: World) -> None:
    world.remove_data(world.old)
    world.begin(load_event("delete_of_cancelled_create")).poll()


def log_of_a_stop_that_starts_again(world: World) -> None:
    world.begin_delete(world.begin_create().physical_id).poll()


COURSES: dict[str, Callable[[World], None]] = {
    "a life": log_of_a_life,
    "rollback": log_of_a_rollback,
    "rollback without data": log_of_a_rollback_without_data,
    "models that cannot be listed": log_of_models_that_cannot_be_listed,
    "job that exists": log_of_a_job_that_exists,
    "errors that pass": log_of_errors_that_pass,
    "cancelled create without data": log_of_a_cancelled_create_without_data,
    "stop": log_of_a_stop_that_starts_again,
}


@pytest.mark.parametrize("name", COURSES)
def test_course_is_logged_in_the_approved_words(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="lambdas"):
        COURSES[name](world)

    assert caplog.messages == APPROVED["logs"][name]
