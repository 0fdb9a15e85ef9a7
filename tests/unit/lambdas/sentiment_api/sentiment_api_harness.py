"""The API as a test sees it: the real handler and gateway events; a fake endpoint, nothing patched.

Not a test module. Each test makes an `Api`, which says what the endpoint and SSM answer.
"""

import io
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.sentiment_api import observability
from lambdas.sentiment_api.api import app
from lambdas.sentiment_api.connections import model_descriptions, sentiment_endpoint, vocabularies
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.health import HealthChecks, health_checks
from lambdas.sentiment_api.model_descriptions import ModelDescriptions
from lambdas.sentiment_api.vocabularies import ObjectStore, Vocabularies
from review_text import NORMALISER_VERSION
from tier_layout import fingerprint
from tier_layout.fingerprint import Fingerprint

EVENTS = Path(__file__).parent / "events"
ENDPOINT_NAME = "Sandbox-sentiment"
PARAMETERS = ("/sentiment/model", "/sentiment/model-coming")
MODEL = {
    "training_job": "Sandbox-blazingtext-1f2e3d4c5b6a",
    "accuracy": 0.91,
    "accuracy_interval": [0.9042, 0.9154],
    "evaluated_on": "datasets/0123456789ab/test.txt",
    "training_data": "datasets/0123456789ab/train.txt",
}
"""The model as an answer names it."""
SAYS = {"positive": 0.7, "negative": 0.3}
"""What the model says of each of the fingerprint's texts."""


def fingerprint_of(says: Mapping[str, float]) -> dict[str, Any]:
    """The fingerprint of a model that says this of each text, as a description has it."""
    reading = fingerprint.reading([says] * len(fingerprint.TEXTS))
    return Fingerprint(readings=(reading,)).as_json()


DESCRIPTION = {
    **MODEL,
    "normaliser": NORMALISER_VERSION,
    "calibration": None,
    "fingerprint": fingerprint_of(SAYS),
    "unsure": True,
}
"""The model as its deployment describes it."""
FORMER_DESCRIPTION = {
    "training_job": MODEL["training_job"],
    "validation_accuracy": MODEL["accuracy"],
    "training_data": MODEL["training_data"],
    "calibration": None,
    "unsure": True,
}
"""As deployments described it before there were the other members."""

with pytest.MonkeyPatch.context() as environment:
    environment.setenv("ENDPOINT_NAME", "never-called")
    environment.setenv("MODEL_PARAMETER", "/never/read")
    environment.setenv("COMING_MODEL_PARAMETER", "/never/read-either")
    environment.setenv("DATA_BUCKET", "never-read")
    environment.setenv("AUTHORIZATION", "api-key")
    environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    from lambdas.sentiment_api.handler import handler

Reply = bytes | Exception | Callable[[Sequence[str]], bytes]
"""What the endpoint answers: these bytes, this exception, or what follows from the texts."""


def event(name: str) -> dict[str, Any]:
    """An event as API Gateway sends it (REST API, Lambda proxy integration)."""
    loaded: dict[str, Any] = json.loads((EVENTS / f"apigateway_{name}.json").read_text())
    return loaded


def label_texts(texts: Sequence[str]) -> bytes:
    """Negative if a text says `sucks`, else positive; as the container words it."""
    negative = {"prob": [0.98, 0.02], "label": ["__label__negative", "__label__positive"]}
    positive = {"prob": [0.95, 0.05], "label": ["__label__positive", "__label__negative"]}
    return json.dumps([negative if "sucks" in text else positive for text in texts]).encode()


def client_error(code: str, message: str = "", **response: object) -> ClientError:
    """An AWS error as botocore raises it."""
    return ClientError(
        {"Error": {"Code": code, "Message": message}, **response},  # type: ignore[typeddict-item,unused-ignore]
        "InvokeEndpoint",
    )


def entry(scores: Mapping[str, float]) -> dict[str, list[Any]]:
    """What the container answers of one text."""
    labels = [f"__label__{label}" for label in scores]
    return {"prob": [*scores.values()], "label": labels}


class FakeRuntime:
    """Stands for boto3's `sagemaker-runtime` client.

    `reply` is about the caller's texts; what the model says of the fingerprint's goes before it.
    """

    def __init__(self, reply: Reply = label_texts) -> None:
        self.reply = reply
        self.says: Mapping[str, float] = SAYS
        self.requests: list[dict[str, Any]] = []

    @property
    def instances(self) -> list[str]:
        """The caller's texts in the only request."""
        (request,) = self.requests
        return self.instances_of(request)

    def invoke_endpoint(self, **request: str | bytes) -> Mapping[str, Any]:
        self.requests.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        reply = self.reply
        body = reply if isinstance(reply, bytes) else reply(self.instances_of(request))
        return {"Body": io.BytesIO(self._with_fingerprint(body))}

    def _with_fingerprint(self, body: bytes) -> bytes:
        if not body.startswith(b"["):
            return body
        return json.dumps([entry(self.says)] * len(fingerprint.TEXTS) + json.loads(body)).encode()

    @staticmethod
    def instances_of(request: Mapping[str, Any]) -> list[str]:
        """The caller's texts in a request."""
        instances: list[str] = json.loads(request["Body"])["instances"]
        first = len(fingerprint.TEXTS)
        assert tuple(instances[:first]) == fingerprint.TEXTS
        return instances[first:]


class FakeParameterStore:
    """Stands for boto3's `ssm` client."""

    def __init__(self, value: str | Exception) -> None:
        self.value: str | Exception | None = value
        """Of the model in service; None while there is none."""
        self.coming: str | None = None
        """Of the model that is coming; None as long as it is the same."""
        self.reads: list[Sequence[str]] = []

    def get_parameters(self, **request: Sequence[str]) -> Mapping[str, Any]:
        (names,) = request.values()
        self.reads.append(names)
        if isinstance(self.value, Exception):
            raise self.value
        pairs = zip(names, (self.value, self.coming or self.value), strict=True)
        return {"Parameters": [{"Name": name, "Value": value} for name, value in pairs if value]}


class FakeContext:
    """What Lambda tells a function about its invocation."""

    function_name = "Sandbox-SentimentAnalysis-Function"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:Sandbox"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"


@dataclass
class Answer:
    """What the gateway sends to the caller."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)

    @property
    def pointers(self) -> list[str]:
        """Where the errors of a problem are."""
        return [error["pointer"] for error in self.json["errors"]]


@dataclass
class Api:
    """The API in front of a fake endpoint and a fake SSM."""

    runtime: FakeRuntime = field(default_factory=FakeRuntime)
    parameters: FakeParameterStore = field(
        default_factory=lambda: FakeParameterStore(json.dumps(DESCRIPTION))
    )

    seconds: float = 1000.0
    """What the clock of the health checks says."""

    def __post_init__(self) -> None:
        endpoint = SentimentEndpoint(self.runtime, name=ENDPOINT_NAME)
        self.clock = 1000.0
        models = ModelDescriptions(self.parameters, parameters=PARAMETERS, clock=lambda: self.clock)
        app.dependency_overrides[sentiment_endpoint] = lambda: endpoint
        app.dependency_overrides[model_descriptions] = lambda: models
        self.use_bucket(None)
        checks = HealthChecks(clock=lambda: self.seconds)
        app.dependency_overrides[health_checks] = lambda: checks
        self.log_stream = io.StringIO()
        log_handler = observability.logger.registered_handler
        assert isinstance(log_handler, logging.StreamHandler)
        log_handler.setStream(self.log_stream)

    def use_bucket(self, client: ObjectStore | None) -> None:
        """Read vocabularies from this client's bucket; none is to be read without one."""

        def connect() -> ObjectStore:
            assert client is not None
            return client

        found = Vocabularies(connect, bucket="data")
        app.dependency_overrides[vocabularies] = lambda: found

    @classmethod
    def replying(cls, reply: Reply) -> "Api":
        """An API whose endpoint answers this."""
        return cls(runtime=FakeRuntime(reply))

    @classmethod
    def described(cls, **members: object) -> "Api":
        """An API whose model's description has these members in the place of its own."""
        return cls(parameters=FakeParameterStore(json.dumps({**DESCRIPTION, **members})))

    @property
    def log(self) -> list[dict[str, Any]]:
        """The log so far, one entry a line."""
        return [json.loads(line) for line in self.log_stream.getvalue().splitlines()]

    def send(self, sent: Mapping[str, Any]) -> Answer:
        """Pass an event to the handler."""
        result = handler(dict(sent), FakeContext())
        headers = result.get("headers") or {
            name: values[0] for name, values in result["multiValueHeaders"].items()
        }
        assert not result["isBase64Encoded"]
        return Answer(status=result["statusCode"], headers=headers, text=result["body"])

    def post(self, body: object, **changes: object) -> Answer:
        """POST a value, as JSON, to /sentiment."""
        return self.post_raw(json.dumps(body), **changes)

    def post_raw(self, body: str | None, **changes: object) -> Answer:
        """POST a body as it is to /sentiment; `changes` go into the event."""
        return self.send({**event("post_sentiment"), "body": body, **changes})

    def label(self, *texts: str) -> Answer:
        """POST some texts."""
        return self.post({"instances": list(texts)})
