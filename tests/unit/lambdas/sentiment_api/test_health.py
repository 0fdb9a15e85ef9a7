"""`GET /health`: the model is asked once in a few seconds, whoever asks."""

import pytest

from lambdas.sentiment_api.models import HEALTH_MAX_AGE_SECONDS
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    ENDPOINT_NAME,
    Answer,
    Api,
    client_error,
    event,
)

UNAVAILABLE = client_error("InternalDependencyException")


def ask(api: Api) -> Answer:
    return api.send(event("get_health"))


def test_health_names_the_endpoint_that_answers() -> None:
    answer = ask(Api())

    assert (answer.status, answer.json) == (
        200,
        {"status": "ok", "endpoint": ENDPOINT_NAME, "age_seconds": 0.0},
    )


def test_health_is_not_to_be_cached() -> None:
    assert ask(Api()).headers["Cache-Control"] == "no-store"


def test_health_labels_one_word() -> None:
    api = Api()

    ask(api)

    assert api.runtime.instances == ["ok"]


def test_a_moment_later_the_model_is_not_asked_again() -> None:
    api = Api()
    ask(api)
    api.seconds += HEALTH_MAX_AGE_SECONDS - 0.5

    answer = ask(api)

    assert (answer.json["age_seconds"], len(api.runtime.requests)) == (4.5, 1)


def test_an_answer_that_is_too_old_is_asked_for_again() -> None:
    api = Api()
    ask(api)
    api.seconds += HEALTH_MAX_AGE_SECONDS

    answer = ask(api)

    assert (answer.json["age_seconds"], len(api.runtime.requests)) == (0.0, 2)


def test_a_model_that_fails_is_not_asked_more_often() -> None:
    api = Api.replying(UNAVAILABLE)

    statuses = [ask(api).status for _ in range(3)]

    assert (statuses, len(api.runtime.requests)) == ([503] * 3, 1)


def test_a_model_that_recovers_is_healthy_when_it_is_asked_again() -> None:
    api = Api.replying(UNAVAILABLE)
    ask(api)
    api.runtime.reply = Api().runtime.reply
    api.seconds += HEALTH_MAX_AGE_SECONDS

    assert ask(api).status == 200


@pytest.mark.parametrize("name", ["get_health", "get_openapi"])
def test_head_answers_what_get_does_without_the_body(name: str) -> None:
    got = Api().send(event(name))

    headed = Api().send({**event(name), "httpMethod": "HEAD"})

    assert (headed.status, headed.headers, headed.text) == (got.status, got.headers, "")
    assert got.text


def test_head_of_what_does_not_answer_is_its_status() -> None:
    answer = Api.replying(UNAVAILABLE).send({**event("get_health"), "httpMethod": "HEAD"})

    assert (answer.status, answer.headers["Retry-After"], answer.text) == (503, "5", "")
