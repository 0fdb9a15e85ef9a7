"""What a model is asked when it was trained with other rules than the API's current ones."""

import json

import pytest

from lambdas.sentiment_api.model_description import MAX_AGE_SECONDS
from review_text import NORMALISER_VERSION, SPOKEN, Normaliser, Rule, normalise
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    FORMER_DESCRIPTION,
    Api,
    FakeParameterStore,
    client_error,
    event,
)

# It lower-cases one letter, splits off one sign, and takes another for a blank.
FORMER = Normaliser(
    rules=(Rule("!", " ! "), Rule("[*]", " "), Rule("  +", " ")), folding={"G": "g"}
)
TEXT = "GREAT, isn't it!"
UNHEARD = "0123456789ab"


@pytest.fixture
def former(monkeypatch: pytest.MonkeyPatch) -> Api:
    """An API whose model was trained with a former version that the API still has."""
    monkeypatch.setitem(SPOKEN, FORMER.version, FORMER)
    return Api.described(normaliser=FORMER.version)


def test_model_is_asked_with_the_tokens_that_it_was_trained_on(former: Api) -> None:
    answer = former.label(TEXT, "Good")

    assert former.runtime.instances == ["gREAT, isn't it !", "good"]
    assert [result["text"] for result in answer.json["results"]] == [TEXT, "Good"]


def test_text_without_words_for_the_former_rules_is_422_with_its_index(former: Api) -> None:
    answer = former.label("great", "*", "fine", "**")

    assert (answer.status, answer.json["type"]) == (422, "/problems/invalid-request")
    assert answer.pointers == ["/instances/1", "/instances/3"]
    assert answer.json["errors"][0]["detail"] == (
        "instances[1] has no words: white space and markup alone cannot be labelled."
    )
    assert former.runtime.requests == []


def test_text_without_words_is_reported_with_every_other_problem(former: Api) -> None:
    assert former.post({"instances": ["", " ", "great", 1]}).pointers == [
        "/instances/0",
        "/instances/1",
        "/instances/3",
    ]


@pytest.mark.usefixtures("former")
def test_confidence_counts_the_tokens_of_the_former_rules() -> None:
    calibration = {"version": 1, "temperature": 1.0, "short_texts": 50.0, "unsure_below": 0.0}
    api = Api.described(normaliser=FORMER.version, calibration=calibration)
    # Two tokens by the former rules, and six by the current ones.
    (by_former,) = api.label("a.b.c d").json["results"]
    (of_two,) = api.label("a d").json["results"]

    assert by_former["confidence"] == of_two["confidence"]


def test_health_is_ok_while_the_former_rules_are_spoken(former: Api) -> None:
    assert former.send(event("get_health")).status == 200


@pytest.mark.parametrize("version", [NORMALISER_VERSION, "", None])
def test_model_of_the_current_or_of_no_version_is_asked_with_current_tokens(
    version: str | None,
) -> None:
    api = Api.described(normaliser=version)

    api.label(TEXT)

    assert api.runtime.instances == [normalise(TEXT)]


def test_former_description_means_the_current_rules() -> None:
    api = Api(parameters=FakeParameterStore(json.dumps(FORMER_DESCRIPTION)))

    api.label(TEXT)

    assert api.runtime.instances == [normalise(TEXT)]


def test_model_without_a_description_is_asked_with_current_tokens() -> None:
    api = Api(parameters=FakeParameterStore(client_error("ParameterNotFound")))

    api.label(TEXT)

    assert api.runtime.instances == [normalise(TEXT)]


def test_model_of_an_unheard_version_is_503_and_is_not_asked() -> None:
    api = Api.described(normaliser=UNHEARD)

    answer = api.label(TEXT)

    assert (answer.status, answer.json["type"]) == (503, "/problems/model-needs-retraining")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert api.runtime.requests == []


def test_503_names_both_versions_and_the_remedy() -> None:
    detail = Api.described(normaliser=UNHEARD).label(TEXT).json["detail"]

    for part in (UNHEARD, NORMALISER_VERSION, "Retrain the tier", "deploy the code"):
        assert part in detail


def test_503_is_worth_repeating_when_the_description_is_read_again() -> None:
    answer = Api.described(normaliser=UNHEARD).label(TEXT)

    assert answer.headers["Retry-After"] == str(round(MAX_AGE_SECONDS))


def test_503_is_logged_with_both_versions() -> None:
    api = Api.described(normaliser=UNHEARD)

    api.label(TEXT)

    assert (api.log[0]["trained_with"], api.log[0]["spoken"]) == (UNHEARD, [*SPOKEN])


def test_health_is_503_for_an_unheard_version() -> None:
    api = Api.described(normaliser=UNHEARD)

    answer = api.send(event("get_health"))

    assert (answer.status, answer.json["type"]) == (503, "/problems/model-needs-retraining")
    assert UNHEARD in answer.json["detail"]
    assert api.runtime.requests == []


def test_request_that_is_not_valid_is_told_so_whatever_the_model() -> None:
    assert Api.described(normaliser=UNHEARD).label("great", "").status == 422
