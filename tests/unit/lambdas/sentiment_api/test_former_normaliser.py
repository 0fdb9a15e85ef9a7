"""What a model is asked when it was trained with other rules than the API's current ones."""

import json

import pytest

from lambdas.sentiment_api.model_descriptions import MAX_AGE_SECONDS, SEARCH_SECONDS
from review_text import NORMALISER_VERSION, SPOKEN, Normaliser, Rule, normalise
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    DESCRIPTION,
    FORMER_DESCRIPTION,
    SAYS,
    Api,
    FakeParameterStore,
    client_error,
    entry,
    event,
    fingerprint_of,
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


BOTH = ["gREAT, isn't it !", normalise(TEXT)]
"""What the text is to a model of the former rules, and to one of the current ones."""
OTHER = {"positive": 0.1, "negative": 0.9}
"""What a second model says of the fingerprint's texts."""


@pytest.fixture
def swapped(former: Api) -> Api:
    """An API whose model of the former rules gives way to one of the current rules."""
    coming = {**DESCRIPTION, "training_job": "coming", "fingerprint": fingerprint_of(OTHER)}
    former.parameters.coming = json.dumps(coming)
    return former


def test_text_is_sent_as_either_of_two_models_reads_it(swapped: Api) -> None:
    swapped.label(TEXT, "good")

    # The second text is the same to both.
    assert swapped.runtime.instances == [BOTH[0], "good", BOTH[1]]


@pytest.mark.parametrize(("says", "read_as"), [(SAYS, BOTH[0]), (OTHER, BOTH[1])])
def test_answer_is_to_the_text_as_the_answering_model_reads_it(
    swapped: Api, says: dict[str, float], read_as: str
) -> None:
    swapped.runtime.says = says
    as_read, otherwise = entry({"a": 0.75, "b": 0.25}), entry({"b": 0.75, "a": 0.25})
    swapped.runtime.reply = lambda texts: json.dumps(
        [as_read if text == read_as else otherwise for text in texts]
    ).encode()

    (result,) = swapped.label(TEXT).json["results"]

    assert (result["text"], result["sentiment"]) == (TEXT, "a")


def test_model_that_came_meanwhile_is_asked_once_more_in_its_own_words(former: Api) -> None:
    former.label(TEXT)
    del former.runtime.requests[:]
    # By now two models later, of which the function has read nothing.
    later = {**DESCRIPTION, "training_job": "later", "fingerprint": fingerprint_of(OTHER)}
    former.parameters.value = json.dumps(later)
    former.clock += SEARCH_SECONDS
    former.runtime.says = OTHER

    answer = former.label(TEXT)

    asked = [former.runtime.instances_of(request) for request in former.runtime.requests]
    assert (asked, answer.json["model"]["training_job"]) == ([BOTH[:1], BOTH], "later")


def test_text_without_words_for_one_of_two_models_is_422_only_of_that_one(swapped: Api) -> None:
    by_former = swapped.label("great", "*")
    swapped.runtime.says = OTHER

    assert (by_former.status, by_former.pointers) == (422, ["/instances/1"])
    assert swapped.label("great", "*").status == 200


def test_unheard_version_of_the_model_that_is_coming_hurts_no_answer_of_the_other() -> None:
    api = Api()
    api.parameters.coming = json.dumps(
        {**DESCRIPTION, "normaliser": UNHEARD, "fingerprint": fingerprint_of(OTHER)}
    )
    in_service = api.label(TEXT)
    api.runtime.says = OTHER

    assert (in_service.status, api.label(TEXT).status) == (200, 503)


def test_model_without_a_description_is_asked_with_current_tokens() -> None:
    api = Api(parameters=FakeParameterStore(client_error("ParameterNotFound")))

    api.label(TEXT)

    assert api.runtime.instances == [normalise(TEXT)]


def test_answer_of_a_model_of_an_unheard_version_is_503() -> None:
    api = Api.described(normaliser=UNHEARD)

    answer = api.label(TEXT)

    assert (answer.status, answer.json["type"]) == (503, "/problems/model-needs-retraining")
    assert answer.headers["Content-Type"] == "application/problem+json"


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


def test_request_that_is_not_valid_is_told_so_whatever_the_model() -> None:
    assert Api.described(normaliser=UNHEARD).label("great", "").status == 422
