"""The model's description: cached for a minute, and the last one known while SSM fails."""

import json

from lambdas.sentiment_api.model_description import MAX_AGE_SECONDS, RETRY_SECONDS, ModelDescription
from lambdas.sentiment_api.models import ModelInfo
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import FakeParameterStore, client_error

OLD = ModelInfo(
    training_job="Sandbox-blazingtext-000000000001",
    accuracy=0.88,
    accuracy_interval=[0.87, 0.89],
    evaluated_on="evaluation/reviews.txt",
    training_data=None,
)
NEW = ModelInfo(
    training_job="Sandbox-blazingtext-000000000002",
    accuracy=0.91,
    accuracy_interval=[0.9042, 0.9154],
    evaluated_on="datasets/0123456789ab/test.txt",
    training_data="datasets/0123456789ab/train.txt",
)


class Clock:
    """A clock that a test moves."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Described:
    """A description, its clock and its parameter."""

    def __init__(self, value: str | Exception) -> None:
        self.clock = Clock()
        self.store = FakeParameterStore(value)
        self.description = ModelDescription(self.store, parameter="/model", clock=self.clock)

    def current(self, *, after: float = 0.0) -> ModelInfo | None:
        self.clock.now += after
        served = self.description.current()
        return served.info if served else None


def test_parameter_is_read_by_its_name() -> None:
    described = Described(OLD.model_dump_json())

    assert described.current() == OLD
    assert described.store.reads == [{"Name": "/model"}]


def test_training_data_of_a_model_from_elsewhere_are_unknown() -> None:
    value = json.dumps({**OLD.model_dump(), "training_data": ""})

    assert Described(value).current() == OLD


def test_members_that_we_do_not_know_are_ignored() -> None:
    value = json.dumps({**OLD.model_dump(), "trained_at": "2026-11-21"})

    assert Described(value).current() == OLD


def test_parameter_is_not_read_before_it_is_needed() -> None:
    assert Described(OLD.model_dump_json()).store.reads == []


def test_parameter_is_read_once_a_minute() -> None:
    described = Described(OLD.model_dump_json())
    described.current()

    described.current(after=MAX_AGE_SECONDS - 1)

    assert len(described.store.reads) == 1


def test_new_model_is_named_after_a_minute() -> None:
    described = Described(OLD.model_dump_json())
    described.current()
    described.store.value = NEW.model_dump_json()

    assert described.current(after=MAX_AGE_SECONDS) == NEW


def test_last_known_model_is_named_while_ssm_fails() -> None:
    described = Described(OLD.model_dump_json())
    described.current()
    described.store.value = client_error("ThrottlingException")

    assert described.current(after=MAX_AGE_SECONDS) == OLD


def test_failed_read_is_not_repeated_at_once() -> None:
    described = Described(client_error("ThrottlingException"))
    described.current()

    described.current(after=RETRY_SECONDS - 1)

    assert len(described.store.reads) == 1


def test_failed_read_is_repeated_soon() -> None:
    described = Described(client_error("ParameterNotFound"))
    described.current()
    described.store.value = NEW.model_dump_json()

    assert described.current(after=RETRY_SECONDS) == NEW
