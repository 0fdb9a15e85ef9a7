"""What the caller did wrong is answered with a 4xx that says what and where."""

import base64
import json

import pytest

from lambdas.sentiment_api.limits import (
    MAX_BODY_BYTES,
    MAX_REPORTED_ERRORS,
    MAX_TEXT_CHARACTERS,
    MAX_TEXTS,
)
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import Answer, Api, event


def problem(answer: Answer) -> tuple[int, str]:
    """Status and kind of a problem, after what all problems have in common."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["status"] == answer.status
    assert answer.json["title"]
    assert answer.json["detail"]
    return answer.status, answer.json["type"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "instances=great",
        "<instances/>",
        "{'instances': ['great']}",
        '{"instances": ["great"]} trailing',
        '{"instances": ["line\nbreak"]}',
        '{"instances": ["bad \\x escape"]}',
        '{"instances": [NaN]}',
        '{"instances": [-Infinity]}',
        "",
        "   ",
        None,
        '{"instances": ' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"instances": [' + "9" * 5_000 + "]}",
    ],
    ids=lambda body: repr(body)[:30],
)
def test_body_that_is_not_json_is_400(body: str | None) -> None:
    assert problem(Api().post_raw(body)) == (400, "/problems/invalid-json")


def test_400_says_where_the_json_breaks() -> None:
    detail = Api().post_raw('{"instances":\n ["great",]}').json["detail"]

    assert "line 2, column" in detail


@pytest.mark.parametrize("body", [b"\xff\xfe{}", b'{"instances": ["\xe9"]}'])
def test_body_that_is_not_utf8_is_400(body: bytes) -> None:
    answer = Api().post_raw(base64.b64encode(body).decode(), isBase64Encoded=True)

    assert problem(answer) == (400, "/problems/invalid-json")


@pytest.mark.parametrize("body", ["not base64!", "żółć", "YWJ"])
def test_broken_base64_is_400(body: str) -> None:
    answer = Api().post_raw(body, isBase64Encoded=True)

    assert problem(answer) == (400, "/problems/invalid-json")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonlines",
        "application/json-patch+json",
        "json",
    ],
)
def test_other_content_types_are_415(content_type: str) -> None:
    answer = Api().post({"instances": ["great"]}, headers={"Content-Type": content_type})

    assert problem(answer) == (415, "/problems/unsupported-media-type")


def test_body_of_the_limit_is_read() -> None:
    body = json.dumps({"instances": ["great"]}).ljust(MAX_BODY_BYTES)

    assert Api().post_raw(body).status == 200


@pytest.mark.parametrize("filling", [" ", "\u00a0"], ids=["one byte", "two bytes"])
def test_larger_body_is_413(filling: str) -> None:
    body = '{"instances": ["great"]}' + filling * (MAX_BODY_BYTES // len(filling.encode()))

    assert problem(Api().post_raw(body)) == (413, "/problems/body-too-large")


def test_larger_base64_body_is_413() -> None:
    body = base64.b64encode(b" " * (MAX_BODY_BYTES + 1)).decode()

    answer = Api().post_raw(body, isBase64Encoded=True)

    assert problem(answer) == (413, "/problems/body-too-large")


@pytest.mark.parametrize("body", [[], [{"instances": ["great"]}], "great", 1, None, True])
def test_json_that_is_no_object_is_422(body: object) -> None:
    answer = Api().post(body)

    assert problem(answer) == (422, "/problems/invalid-request")
    assert answer.pointers == [""]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({}, '`instances` is missing. Send {"instances": ["a text", ...]}.'),
        ({"instances": None}, "`instances` is null. It must be a list of texts."),
        ({"instances": "great"}, "`instances` is a string. It must be a list of texts."),
        ({"instances": {"0": "x"}}, "`instances` is an object. It must be a list of texts."),
        ({"instances": []}, "`instances` is empty. Send 1 to 100 texts."),
        (
            {"instances": ["great"] * (MAX_TEXTS + 1)},
            "`instances` has 101 texts. Send at most 100 a request.",
        ),
    ],
    ids=["missing", "null", "string", "object", "empty", "too many"],
)
def test_instances_that_are_no_list_of_1_to_100_are_422(body: object, detail: str) -> None:
    answer = Api().post(body)

    assert problem(answer) == (422, "/problems/invalid-request")
    assert answer.json["errors"] == [{"pointer": "/instances", "detail": detail}]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (1, "is a number. It must be a string."),
        (1.5, "is a number. It must be a string."),
        (True, "is a boolean. It must be a string."),
        (None, "is null. It must be a string."),
        ({"text": "x"}, "is an object. It must be a string."),
        (["x"], "is a list. It must be a string."),
        ("", "is empty. Send at least one word."),
        (" \t\r\n", "has no words: white space and markup alone cannot be labelled."),
        ("\u00a0\u2028", "has no words: white space and markup alone cannot be labelled."),
        ("<br />", "has no words: white space and markup alone cannot be labelled."),
        ("\x01\x1f", "has no words: white space and markup alone cannot be labelled."),
        ("gre\0at", "contains a NUL character (U+0000). Remove it."),
        ("great \ud800", "contains a lone surrogate, which is no character. Remove it."),
        (
            "a" * (MAX_TEXT_CHARACTERS + 1),
            "has 20001 characters. Send at most 20000 a text.",
        ),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_text_that_cannot_be_labelled_is_422_with_its_index(text: object, fault: str) -> None:
    answer = Api().post({"instances": ["great", text, "fine"]})

    assert problem(answer) == (422, "/problems/invalid-request")
    assert answer.json["errors"] == [{"pointer": "/instances/1", "detail": f"instances[1] {fault}"}]


def test_detail_is_the_first_problem_and_counts_the_others() -> None:
    detail = Api().post({"instances": ["", 1, "great", None]}).json["detail"]

    assert detail == ("instances[0] is empty. Send at least one word. There are 2 more problems.")


def test_every_problem_is_reported_at_once() -> None:
    answer = Api().post({"instances": ["", 1, "great", " ", "\0"], "k": 2})

    assert answer.pointers == ["/instances/0", "/instances/1", "/instances/3", "/instances/4", "/k"]


def test_unknown_member_is_422() -> None:
    answer = Api().post({"instances": ["great"], "configuration": {"k": 1}})

    assert answer.json["errors"] == [
        {
            "pointer": "/configuration",
            "detail": "A member of the body is not known. The only one is `instances`.",
        }
    ]


def test_pointer_escapes_what_json_pointer_reserves() -> None:
    assert Api().post({"instances": ["great"], "a/b~c": 1}).pointers == ["/a~1b~0c"]


def test_member_named_by_a_lone_surrogate_is_422() -> None:
    assert Api().post_raw('{"instances": ["great"], "\\ud800": 1}').status == 422


def test_body_of_unknown_members_gets_an_answer_that_lambda_can_send() -> None:
    answer = Api().post({f"member{number}": 0 for number in range(50_000)})

    assert answer.status == 422
    assert len(answer.json["errors"]) == MAX_REPORTED_ERRORS


def test_refused_request_never_reaches_the_endpoint() -> None:
    api = Api()

    api.label("great", "")

    assert api.runtime.requests == []


@pytest.mark.parametrize("path", ["/", "/nothing", "/sentiment/1", "/Sentiment"])
def test_unknown_path_is_404_that_names_the_routes(path: str) -> None:
    answer = Api().post({"instances": ["great"]}, path=path)

    assert problem(answer) == (404, "/problems/not-found")
    assert answer.json["detail"] == (
        "The routes are POST /sentiment, GET /health, GET /openapi.json."
    )


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/sentiment", "POST"),
        ("PUT", "/sentiment", "POST"),
        ("OPTIONS", "/sentiment", "POST"),
        ("TRACE", "/sentiment", "POST"),
        ("HEAD", "/sentiment", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("TRACE", "/health", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
    ],
)
def test_other_method_is_405_with_allow(method: str, path: str, allowed: str) -> None:
    answer = Api().send({**event("get_health"), "httpMethod": method, "path": path})

    assert problem(answer) == (405, "/problems/method-not-allowed")
    assert answer.headers["Allow"] == allowed
