"""The entry point hands the event and what the function has to the evaluation."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from lambdas.evaluation import handler
from lambdas.evaluation.errors import EvaluationError


@dataclass(frozen=True)
class Context:
    """The part of Lambda's context that is looked at; the real one has the memory as text."""

    memory_limit_in_mb: str = "3008"

    def get_remaining_time_in_millis(self) -> int:
        return 840_000


@pytest.fixture(autouse=True)
def region(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    handler._s3.cache_clear()
    yield
    handler._s3.cache_clear()


def test_delete_event_returns_the_id_unchanged() -> None:
    event = {"RequestType": "Delete", "PhysicalResourceId": "AWSCDK::CREATE_FAILED"}

    assert handler.on_event(event, Context()) == {"PhysicalResourceId": "AWSCDK::CREATE_FAILED"}


def test_event_with_bad_properties_is_refused_without_a_call() -> None:
    with pytest.raises(EvaluationError, match="properties are not valid"):
        handler.on_event({"RequestType": "Create", "ResourceProperties": {}}, Context())
