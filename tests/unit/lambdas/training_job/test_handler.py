"""The entry points give the framework's events to the lifecycle, with real boto3 clients."""

from collections.abc import Iterator

import pytest

from lambdas.training_job import handler
from lambdas.training_job.old_models import OldModels

DELETE = {
    "RequestType": "Delete",
    "PhysicalResourceId": "Sandbox-MachineLearningInfrastructure-TrainingJob-1K9XWZ3YB7Q2A",
    "ResourceProperties": {},
}


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    handler._lifecycle.cache_clear()
    yield
    handler._lifecycle.cache_clear()


def test_delete_event_returns_the_id_unchanged() -> None:
    answer = handler.on_event(DELETE, None)

    assert answer["PhysicalResourceId"] == DELETE["PhysicalResourceId"]


def test_delete_of_what_cannot_have_been_created_is_complete() -> None:
    answer = handler.on_event(DELETE, None)

    assert handler.is_complete(DELETE | answer, None) == {"IsComplete": True}


def test_clients_are_created_once() -> None:
    assert handler._lifecycle() is handler._lifecycle()


def test_polling_function_expires_old_models(monkeypatch: pytest.MonkeyPatch) -> None:
    expired: list[OldModels] = []
    monkeypatch.setattr(OldModels, "expire", lambda self, aws, clock: expired.append(self))
    variables = {"DATA_BUCKET": "b", "MODEL_PARAMETER": "p", "OLD_MODEL_DAYS": "30"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    handler.is_complete(DELETE | handler.on_event(DELETE, None), None)

    assert expired == [OldModels.from_environment(variables)]
