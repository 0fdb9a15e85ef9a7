"""What the words of a model do to an answer, and what becomes of it without them."""

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.confidence.vocabulary import Vocabulary, hash_of
from lambdas.sentiment_api.model_description import ServedModel, read_description
from lambdas.sentiment_api.vocabularies import RETRY_SECONDS, Vocabularies
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import DESCRIPTION, Api, client_error

KEY = "vocabularies/job/0123456789ab.bin"
ENGLISH = Vocabulary.of(
    (hash_of(word.encode()), 100) for word in ("the", "film", "was", "very", "good", "it", "is")
)


def model(key: str | None = KEY) -> ServedModel:
    return read_description(json.dumps({**DESCRIPTION, "vocabulary": key}))


class Bucket:
    """Stands for boto3's `s3` client."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.reads: list[Mapping[str, str]] = []

    def get_object(self, **request: str) -> Mapping[str, Any]:
        self.reads.append(request)
        if isinstance(self.content, Exception):
            raise self.content
        return {"Body": io.BytesIO(self.content)}


class Reader:
    """Vocabularies, their clock and their bucket."""

    def __init__(self, content: bytes | Exception) -> None:
        self.now, self.connections = 1000.0, 0
        self.bucket = Bucket(content)
        self.vocabularies = Vocabularies(self._connect, bucket="data", clock=lambda: self.now)

    def _connect(self) -> Bucket:
        self.connections += 1
        return self.bucket


def api(content: bytes | Exception, **description: object) -> Api:
    made = Api.described(vocabulary=KEY, **description)
    made.use_bucket(Bucket(content))
    return made


@pytest.mark.parametrize(
    ("text", "sentiment"), [("Das Essen schmeckte", "unsure"), ("The film was good", "positive")]
)
def test_text_that_is_strange_to_the_model_is_unsure(text: str, sentiment: str) -> None:
    (result,) = api(ENGLISH.to_bytes()).label(text).json["results"]

    assert result["sentiment"] == sentiment


def test_strange_text_keeps_the_models_scores() -> None:
    (strange,) = api(ENGLISH.to_bytes()).label("Das Essen schmeckte").json["results"]
    (unread,) = Api().label("Das Essen schmeckte").json["results"]

    assert (strange["confidence"], strange["scores"]) == (unread["confidence"], unread["scores"])


def test_nothing_is_unsure_where_that_is_switched_off() -> None:
    (result,) = api(ENGLISH.to_bytes(), unsure=False).label("Das Essen schmeckte").json["results"]

    assert result["sentiment"] == "positive"


@pytest.mark.parametrize(
    "content",
    [
        client_error("NoSuchKey"),
        client_error("AccessDenied"),
        EndpointConnectionError(endpoint_url="https://s3"),
        b"",
        b"<html>",
    ],
)
def test_answer_does_not_fail_for_want_of_a_vocabulary(content: bytes | Exception) -> None:
    made = api(content)

    answer = made.label("Das Essen schmeckte")

    assert (answer.status, answer.json["results"][0]["sentiment"]) == (200, "positive")
    assert made.log[0]["message"] == "vocabulary not read"


def test_missing_permission_is_logged_by_its_action() -> None:
    denied = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: s3:GetObject on it"
    made = api(client_error("AccessDenied", denied))

    made.label("Das Essen schmeckte")

    assert made.log[0]["missing_permission"] == "s3:GetObject"
    assert "assumed-role" not in made.log_stream.getvalue()


def test_file_is_read_once_under_the_models_own_key() -> None:
    reader = Reader(ENGLISH.to_bytes())

    for _ in range(3):
        assert reader.vocabularies.of(model()) is not None
    assert reader.bucket.reads == [{"Bucket": "data", "Key": KEY}]


@pytest.mark.parametrize("described", [None, model(None), model("")])
def test_bucket_is_not_connected_to_before_a_file_is_needed(described: ServedModel | None) -> None:
    reader = Reader(ENGLISH.to_bytes())

    assert reader.vocabularies.of(described) is None
    assert reader.connections == 0


def test_each_of_two_models_has_its_own_words() -> None:
    reader = Reader(ENGLISH.to_bytes())
    first = reader.vocabularies.of(model())
    reader.bucket.content = Vocabulary.of([(1, 1)]).to_bytes()
    second = reader.vocabularies.of(model("vocabularies/job/other.bin"))

    assert reader.vocabularies.of(model()) is first is not second
    assert len(reader.bucket.reads) == 2


def test_few_files_are_kept() -> None:
    reader = Reader(ENGLISH.to_bytes())
    keys = [f"vocabularies/job/{number}.bin" for number in range(5)]
    for key in (*keys, keys[-1], keys[0]):
        reader.vocabularies.of(model(key))

    # The last one was still there, the first one was not.
    assert len(reader.bucket.reads) == 6


def test_failed_read_is_left_alone_for_a_while() -> None:
    reader = Reader(client_error("SlowDown"))
    reader.vocabularies.of(model())
    reader.bucket.content = ENGLISH.to_bytes()
    reader.now += RETRY_SECONDS - 1
    assert reader.vocabularies.of(model()) is None

    reader.now += 1
    assert reader.vocabularies.of(model()) is not None
