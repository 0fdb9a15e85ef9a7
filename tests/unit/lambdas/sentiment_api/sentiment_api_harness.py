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
from lambdas.sentiment_api.connections import deployed_model, sentiment_endpoint
from lambdas.sentiment_api.endpoint import SentimentEndpoint
from lambdas.sentiment_api.model_description import ModelDescription
from review_text import NORMALISER_VERSION

EVENTS = Path(__file__).parent / "events"
ENDPOINT_NAME = "Sandbox-sentiment"
MODEL = {
    "training_job": "Sandbox-blazingtext-1f2e3d4c5b6a",
    "accuracy": 0.91,
    "accuracy_interval": [0.9042, 0.9154],
    "evaluated_on": "datasets/0123456789ab/test.txt",
    "training_data": "datasets/0123456789ab/train.txt",
}
"""The model as an answer names it."""
DESCRIPTION = {**MODEL, "normaliser": NORMALISER_VERSION, "calibration": None, "unsure": True}
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


class FakeRuntime:
    """Stands for boto3's `sagemaker-runtime` client."""

    def __init__(self, reply: Reply = label_texts) -> None:
        self.reply = reply
        self.requests: list[dict[str, Any]] = []

    @property
    def instances(self) -> list[str]:
        """The texts of the only request."""
        (request,) = self.requests
        instances: list[str] = json.loads(request["Body"])["instances"]
        return instances

    def invoke_endpoint(self, **request: str | bytes) -> Mapping[str, Any]:
        self.requests.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        reply = self.reply
        body = reply if isinstance(reply, bytes) else reply(self.instances_of(request))
        return {"Body": io.BytesIO(body)}

    @staticmethod
    def instances_of(request: Mapping[str, Any]) -> list[str]:
        instances: list[str] = json.loads(request["Body"])["instances"]
        return instances


class FakeParameterStore:
    """Stands for boto3's `ssm` client."""

    def __init__(self, value: str | Exception) -> None:
        self.value = value
        self.reads: list[dict[str, str]] = []

    def get_parameter(self, **request: str) -> Mapping[str, Any]:
        self.reads.append(request)
        if isinstance(self.value, Exception):
            raise self.value
        return {"Parameter": {"Value": self.value}}


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

    def __post_init__(self) -> None:
        endpoint = SentimentEndpoint(self.runtime, name=ENDPOINT_NAME)
        model = ModelDescription(self.parameters, parameter="/sentiment/model")
        app.dependency_overrides[sentiment_endpoint] = lambda: endpoint
        app.dependency_overrides[deployed_model] = lambda: model
        self.log_stream = io.StringIO()
        log_handler = observability.logger.registered_handler
        assert isinstance(log_handler, logging.StreamHandler)
        log_handler.setStream(self.log_stream)

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
