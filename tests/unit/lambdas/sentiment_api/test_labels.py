"""POST /sentiment: what a caller gets for texts that can be labelled."""

import base64
import json

import pytest

from lambdas.sentiment_api.limits import MAX_TEXT_CHARACTERS, MAX_TEXTS
from review_text import normalise
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    ENDPOINT_NAME,
    FORMER_DESCRIPTION,
    MODEL,
    Api,
    FakeParameterStore,
    client_error,
    event,
)


def test_answer_to_the_gateways_event_is_the_designs_example() -> None:
    answer = Api().send(event("post_sentiment"))

    assert answer.status == 200
    assert answer.json == {
        "results": [
            {
                "text": "This show sucks!",
                "sentiment": "negative",
                "confidence": 0.98,
                "scores": {"negative": 0.98, "positive": 0.02},
            },
            {
                "text": "I had a great day",
                "sentiment": "positive",
                "confidence": 0.95,
                "scores": {"positive": 0.95, "negative": 0.05},
            },
        ],
        "model": MODEL,
        "format": 1,
    }


def test_answer_is_json() -> None:
    assert Api().label("great").headers["Content-Type"] == "application/json"


def test_results_come_in_the_order_of_instances() -> None:
    texts = ["great", "it sucks", "fine", "that sucks too", "good"]

    results = Api().label(*texts).json["results"]

    assert [(result["text"], result["sentiment"]) for result in results] == [
        ("great", "positive"),
        ("it sucks", "negative"),
        ("fine", "positive"),
        ("that sucks too", "negative"),
        ("good", "positive"),
    ]


@pytest.mark.parametrize(
    "text",
    ["  Great\r\n\tfilm!!  ", "<b>Great</b> &amp; good", "żółć 🎬 :-)", "__label__positive x"],
)
def test_text_is_repeated_as_it_was_sent(text: str) -> None:
    assert Api().label(text).json["results"][0]["text"] == text


def test_endpoint_sees_the_texts_normalised() -> None:
    texts = ["This show SUCKS!", "I don't know<br />:)"]
    api = Api()

    api.label(*texts)

    assert api.runtime.instances == [normalise(text) for text in texts]


def test_endpoint_is_invoked_once_for_a_whole_request() -> None:
    api = Api()

    api.label(*["great"] * MAX_TEXTS)

    assert len(api.runtime.requests) == 1


def test_endpoint_is_invoked_by_name_with_equal_content_type_and_accept() -> None:
    api = Api()

    api.label("great")

    (request,) = api.runtime.requests
    del request["Body"]
    assert request == {
        "EndpointName": ENDPOINT_NAME,
        "ContentType": "application/json",
        "Accept": "application/json",
    }


def test_endpoint_is_asked_for_every_label() -> None:
    api = Api()

    api.label("great")

    assert json.loads(api.runtime.requests[0]["Body"])["configuration"] == {"k": 100}


def test_endpoint_gets_characters_rather_than_escapes() -> None:
    api = Api()

    api.label("żółć")

    assert "żółć" in api.runtime.requests[0]["Body"].decode()


def test_five_labels_are_scored_best_first() -> None:
    reply = b"""[{"prob": [0.5, 0.2, 0.15, 0.1, 0.05],
        "label": ["__label__4", "__label__5", "__label__3", "__label__2", "__label__1"]}]"""

    (result,) = Api.replying(reply).label("fine").json["results"]

    assert list(result["scores"].items()) == [
        ("4", 0.5),
        ("5", 0.2),
        ("3", 0.15),
        ("2", 0.1),
        ("1", 0.05),
    ]


def test_probabilities_have_four_decimals() -> None:
    reply = b'[{"prob": [0.123456789], "label": ["__label__a"]}]'

    (result,) = Api.replying(reply).label("fine").json["results"]

    assert (result["confidence"], result["scores"]) == (0.1235, {"a": 0.1235})


def test_longest_text_is_labelled() -> None:
    assert Api().label("a" * MAX_TEXT_CHARACTERS).status == 200


def test_characters_beyond_the_basic_plane_count_as_one() -> None:
    assert Api().label("🎬" * MAX_TEXT_CHARACTERS).status == 200


def test_base64_body_of_the_gateway_is_decoded() -> None:
    body = base64.b64encode('{"instances": ["żółć"]}'.encode()).decode()

    answer = Api().post_raw(body, isBase64Encoded=True)

    assert answer.json["results"][0]["text"] == "żółć"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"],
)
def test_json_content_type_is_accepted_however_it_is_written(content_type: str) -> None:
    headers = {"content-TYPE": content_type}

    assert Api().post({"instances": ["great"]}, headers=headers).status == 200


@pytest.mark.parametrize("headers", [{}, {"Content-Type": ""}, None])
def test_body_without_content_type_is_taken_for_json(headers: dict[str, str] | None) -> None:
    assert Api().post({"instances": ["great"]}, headers=headers).status == 200


def test_of_duplicate_members_the_last_one_counts() -> None:
    answer = Api().post_raw('{"instances": ["it sucks"], "instances": ["great"]}')

    assert [result["text"] for result in answer.json["results"]] == ["great"]


def test_trailing_slash_is_the_same_route() -> None:
    assert Api().post({"instances": ["great"]}, path="/sentiment/").status == 200


@pytest.mark.parametrize(
    "value",
    [
        client_error("ParameterNotFound"),
        client_error("AccessDeniedException"),
        "not JSON",
        '{"training_job": "x"}',
        '{"training_job": "x", "accuracy": NaN}',
        '{"training_job": "x", "accuracy": 0.9, "accuracy_interval": [0.8, NaN]}',
        '{"training_job": "x", "accuracy": 0.9, "accuracy_interval": [0.8]}',
    ],
)
def test_model_is_null_while_its_description_cannot_be_read(value: str | Exception) -> None:
    answer = Api(parameters=FakeParameterStore(value)).label("great")

    assert (answer.status, answer.json["model"]) == (200, None)


def test_former_description_is_read_and_what_it_lacks_is_null() -> None:
    parameters = FakeParameterStore(json.dumps(FORMER_DESCRIPTION))

    assert Api(parameters=parameters).label("great").json["model"] == {
        **MODEL,
        "accuracy_interval": None,
        "evaluated_on": None,
    }


@pytest.mark.parametrize("member", ["training_data", "evaluated_on"])
@pytest.mark.parametrize("unknown", ["", None])
def test_key_that_is_not_known_is_null(member: str, unknown: str | None) -> None:
    answer = Api.described(**{member: unknown}).label("great")

    assert answer.json["model"] == {**MODEL, member: None}
