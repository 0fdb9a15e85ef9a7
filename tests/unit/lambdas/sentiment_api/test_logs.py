"""Logs and metrics: enough to run the API by, and never a text."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lambdas.sentiment_api.limits import MAX_TEXTS
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    DESCRIPTION,
    Api,
    FakeParameterStore,
    Reply,
    client_error,
    event,
    label_texts,
)

SECRET = "zanzibarquux"


def metrics(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The EMF documents on standard output."""
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_request_is_one_log_line() -> None:
    api = Api()

    api.label("great", "fine")

    (line,) = api.log
    assert {key: line[key] for key in ("message", "route", "status", "texts")} == {
        "message": "request",
        "route": "POST /sentiment",
        "status": 200,
        "texts": 2,
    }


def test_log_line_carries_the_gateways_request_id() -> None:
    api = Api()

    api.label("great")

    (line,) = api.log
    assert line["correlation_id"] == event("post_sentiment")["requestContext"]["requestId"]


def test_log_line_has_both_latencies() -> None:
    api = Api()

    api.label("great")

    (line,) = api.log
    assert 0 <= line["endpoint_ms"] <= line["latency_ms"]


def test_log_line_of_a_refusal_has_its_kind() -> None:
    api = Api()

    api.label("")

    assert [line["problem"] for line in api.log] == ["invalid-request"]


def test_one_requests_notes_are_not_the_nexts() -> None:
    api = Api()
    api.label("")

    api.send(event("get_health"))

    assert "problem" not in api.log[-1]


def test_model_error_is_logged_by_its_code() -> None:
    api = Api.replying(client_error("ModelError", SECRET, OriginalStatusCode=500))

    api.label("great")

    assert {"error": "ModelFailedError", "reason": "ModelError"}.items() <= api.log[0].items()


def test_unexpected_error_is_logged_by_its_type_and_place() -> None:
    api = Api.replying(RuntimeError(SECRET))

    api.label("great")

    assert api.log[0]["error"] == "RuntimeError"
    assert any("endpoint.py" in frame for frame in api.log[0]["frames"])


def test_unreadable_model_description_is_logged() -> None:
    api = Api(parameters=FakeParameterStore(client_error("ParameterNotFound")))

    api.label("great")

    assert api.log[0]["message"] == "model description not read"


DENIED = f"User: {SECRET} is not authorized to perform: some:Action on resource: {SECRET}"


def test_missing_permission_of_the_endpoint_is_logged_by_its_action() -> None:
    api = Api.replying(client_error("AccessDeniedException", DENIED))

    api.label("great")

    assert api.log[0]["missing_permission"] == "some:Action"
    assert SECRET not in api.log_stream.getvalue()


def test_missing_permission_of_the_description_is_logged_by_its_action() -> None:
    api = Api(parameters=FakeParameterStore(client_error("AccessDeniedException", DENIED)))

    api.label("great")

    assert api.log[0]["missing_permission"] == "some:Action"


def test_callers_are_not_told_which_permission_is_missing() -> None:
    api = Api.replying(client_error("AccessDeniedException", DENIED))

    answer = api.label("great")

    assert (answer.status, "some:Action" in answer.text, SECRET in answer.text) == (
        500,
        False,
        False,
    )


def test_metrics_count_requests_and_texts(capsys: pytest.CaptureFixture[str]) -> None:
    Api().label("great", "fine", "good")

    (emf,) = [document for document in metrics(capsys) if "Requests" in document]
    assert (emf["Requests"], emf["Texts"]) == ([1.0], [3.0])
    assert {"Latency", "EndpointLatency"} <= emf.keys()


@pytest.mark.parametrize(("reply", "unreadable"), [(label_texts, 0.0), (b"<html>", 1.0)])
def test_metrics_count_replies_that_cannot_be_read(
    capsys: pytest.CaptureFixture[str], reply: Any, unreadable: float
) -> None:
    Api.replying(reply).label("great")

    (emf,) = [document for document in metrics(capsys) if "UnreadableReplies" in document]
    assert emf["UnreadableReplies"] == [unreadable]


def test_metrics_count_errors_by_kind(capsys: pytest.CaptureFixture[str]) -> None:
    Api.replying(client_error("ThrottlingException")).label("great")

    (emf,) = [document for document in metrics(capsys) if "Errors" in document]
    assert (emf["kind"], emf["Errors"]) == ("throttled", [1.0])


def answers(capsys: pytest.CaptureFixture[str]) -> dict[str, float]:
    """How many texts were answered in which sentiment."""
    found = [document for document in metrics(capsys) if "Answers" in document]
    return {document["sentiment"]: document["Answers"][0] for document in found}


def test_metrics_count_answers_by_sentiment(capsys: pytest.CaptureFixture[str]) -> None:
    Api().label("great", "fine", "sucks")

    assert answers(capsys) == {"positive": 2.0, "negative": 1.0}


def test_a_sentiment_that_cloudwatch_would_refuse_is_escaped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Api.replying(lambda texts: json.dumps([{"label": ["__label__très"], "prob": [0.9]}]).encode()
                 ).label("great")  # fmt: skip

    assert answers(capsys) == {"tr\\xe8s": 1.0}


def test_metrics_have_the_confidence_of_each_text(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Api().label("great", "sucks")

    (emf,) = [document for document in metrics(capsys) if "Confidence" in document]
    assert emf["Confidence"] == [result["confidence"] for result in answer.json["results"]]


def test_metrics_say_of_each_text_whether_it_is_unsure(capsys: pytest.CaptureFixture[str]) -> None:
    answer = Api().label("great", "!")

    (emf,) = [document for document in metrics(capsys) if "Unsure" in document]
    assert emf["Unsure"] == [
        float(result["sentiment"] == "unsure") for result in answer.json["results"]
    ]


def test_metrics_have_the_accuracy_of_the_model(capsys: pytest.CaptureFixture[str]) -> None:
    Api().label("great")

    (emf,) = [document for document in metrics(capsys) if "Accuracy" in document]
    assert emf["Accuracy"] == [DESCRIPTION["accuracy"]]


def test_every_text_of_the_largest_request_is_measured(capsys: pytest.CaptureFixture[str]) -> None:
    Api().label(*["great"] * MAX_TEXTS)

    measured = metrics(capsys)
    for name in ("Confidence", "Unsure"):
        assert sum(len(document.get(name, ())) for document in measured) == MAX_TEXTS


def echo(texts: object) -> bytes:
    """A broken container that answers with what it was sent."""
    return json.dumps(texts).encode()


@pytest.mark.parametrize(
    ("body", "reply"),
    [
        ({"instances": [SECRET]}, label_texts),
        ({"instances": [SECRET, ""]}, label_texts),
        ({"instances": [SECRET + "\0"]}, label_texts),
        ({"instances": [SECRET + "\ud800"]}, label_texts),
        ({"instances": [SECRET * 2000]}, label_texts),
        ({"instances": SECRET}, label_texts),
        ({"instances": [{SECRET: SECRET}]}, label_texts),
        ({SECRET: SECRET}, label_texts),
        (SECRET, label_texts),
        ({"instances": [SECRET]}, echo),
        ({"instances": [SECRET]}, client_error("ModelError", SECRET, OriginalMessage=SECRET)),
        ({"instances": [SECRET]}, client_error("Unheard", SECRET)),
        ({"instances": [SECRET]}, ValueError(SECRET)),
    ],
    ids=range(13),
)
def test_no_text_reaches_a_log(
    body: object,
    reply: Reply,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    api = Api.replying(reply)

    api.post(body)
    api.post_raw("{" + SECRET)

    captured = capsys.readouterr()
    assert SECRET not in api.log_stream.getvalue() + captured.out + captured.err + caplog.text


DEBUGGED_CALL = """
import json, logging, sys
logging.basicConfig(level=logging.DEBUG)
from lambdas.sentiment_api.handler import handler
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import FakeContext
print(handler(json.load(sys.stdin), FakeContext())["statusCode"])
"""


def test_no_switch_of_the_libraries_brings_a_text_into_a_log() -> None:
    call = subprocess.run(
        [sys.executable, "-c", DEBUGGED_CALL],
        input=json.dumps({**event("post_sentiment"), "body": f'{{"instances": ["{SECRET}"]}}'}),
        env={
            "ENDPOINT_NAME": "Sandbox-sentiment",
            "MODEL_PARAMETER": "/sentiment/model",
            "COMING_MODEL_PARAMETER": "/sentiment/model-coming",
            "DATA_BUCKET": "data",
            "AUTHORIZATION": "api-key",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1",  # nobody listens there
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ACCESS_KEY_ID": "fake",
            "AWS_SECRET_ACCESS_KEY": "fake",
            "POWERTOOLS_DEBUG": "true",
            "POWERTOOLS_DEV": "true",
            "POWERTOOLS_LOG_LEVEL": "DEBUG",
            "POWERTOOLS_LOGGER_LOG_EVENT": "true",
        },
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )

    assert call.stdout.splitlines()[-1] == "503"
    assert SECRET not in call.stdout + call.stderr


@pytest.mark.parametrize("body", [{"instances": [1, SECRET * 2000]}, {"instances": {SECRET: 1}}])
def test_problem_does_not_repeat_what_was_sent(body: object) -> None:
    assert SECRET not in Api().post(body).text
