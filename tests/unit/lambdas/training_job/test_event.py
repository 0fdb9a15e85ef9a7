"""The framework's events, read once."""

import json

from lambdas.training_job.event import HandedOn, Poll, TrainingJobEvent
from tests.lifecycle.provider import load_event


def test_create_has_no_id_yet() -> None:
    assert TrainingJobEvent.parse(load_event("create")).physical_id == ""


def test_update_has_the_version_before_it() -> None:
    event = TrainingJobEvent.parse(load_event("update"))

    assert event.former is not None
    assert event.former.properties.train_key == "datasets/3f0a91c27be4/train.txt"
    assert event.asked.properties.train_key == "datasets/b81d5e60f7a2/train.txt"


def test_only_an_update_has_a_former_version() -> None:
    assert TrainingJobEvent.parse(load_event("create") | {"OldResourceProperties": {}}).former is (
        None
    )


def test_delete_without_properties_is_read() -> None:
    event = load_event("delete")
    del event["ResourceProperties"]

    assert TrainingJobEvent.parse(event).is_delete


def test_poll_has_what_was_handed_on() -> None:
    handed_on = HandedOn(begun_at=1_000.5, to_start=True, refusal="no")
    event = load_event("create") | json.loads(json.dumps(handed_on.members))

    assert Poll.parse(event).handed_on == handed_on


def test_poll_of_an_event_that_began_under_handlers_from_before_is_read() -> None:
    event = load_event("create") | {"BegunAt": 1_000}

    assert Poll.parse(event).handed_on == HandedOn(begun_at=1_000)


def test_age_counts_from_the_beginning_of_the_event() -> None:
    poll = Poll.parse(load_event("create") | HandedOn(begun_at=1_000).members)

    assert poll.age(1_012).seconds == 12
