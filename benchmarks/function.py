"""What the API's function costs of its own: its cold start, and what it adds to InvokeEndpoint.

    python -m benchmarks.function

*Cold start:* importing the handler and making its clients, in a process of its own each time
(processor time), against the least handler that there can be: `import boto3` and one client. The
two run in turns.

*Around InvokeEndpoint:* the whole handler, from the gateway's event to its result, with the log and
the metrics that it writes, for ten texts; the endpoint answers at once, so that nothing of it is
in the figure.
"""

import argparse
import contextlib
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

COLD_BAR = 1.8
ADDED_BAR_MS = 3.0
TEXTS = 10
TEXT = "What a wonderful film, I loved every minute of it, and would see it again."
WARM_UP = 200

ENVIRONMENT = {
    "ENDPOINT_NAME": "benchmark",
    "MODEL_PARAMETER": "/benchmark/model",
    "COMING_MODEL_PARAMETER": "/benchmark/model-coming",
    "DATA_BUCKET": "benchmark",
    "AUTHORIZATION": "api-key",
    "PYDANTIC_DISABLE_PLUGINS": "__all__",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "POWERTOOLS_METRICS_NAMESPACE": "Sentiment",
    "POWERTOOLS_SERVICE_NAME": "benchmark",
}
OURS = "from lambdas.sentiment_api.handler import handler"
PEER = "import boto3; client = boto3.client('sagemaker-runtime')"


def seconds_to_start(statement: str) -> float:
    """The processor time of a statement in a new process, the interpreter's own start left out.

    A start computes and waits for nothing; the time on the wall has what else runs in it.
    """
    program = (
        f"import time; started = time.process_time(); {statement}; "
        "print(time.process_time() - started)"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        check=True,
    )
    return float(result.stdout)


def cold_starts(runs: int) -> tuple[float, float]:
    """Medians of the handler and its peer in turns, in milliseconds; the first are left out."""
    pairs = [(seconds_to_start(OURS), seconds_to_start(PEER)) for _ in range(runs + 1)][1:]
    ours, peers = zip(*pairs, strict=True)
    return statistics.median(ours) * 1000, statistics.median(peers) * 1000


class _Endpoint:
    """A `sagemaker-runtime` client whose endpoint answers at once, as the container does."""

    def invoke_endpoint(self, **request: Any) -> Mapping[str, Any]:
        asked = len(json.loads(request["Body"])["instances"])
        answer = {"label": ["__label__positive", "__label__negative"], "prob": [0.93, 0.07]}
        return {"Body": io.BytesIO(json.dumps([answer] * asked).encode())}


class _Parameters:
    """An `ssm` client that knows of no model."""

    def get_parameters(self, **_request: Any) -> Mapping[str, Any]:
        return {"Parameters": []}


class _Context:
    function_name = "benchmark"
    memory_limit_in_mb = 1024
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:benchmark"
    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"


def _event() -> dict[str, Any]:
    """What API Gateway passes (REST API, Lambda proxy integration)."""
    headers = {
        "Accept": "*/*",
        "Content-Type": "application/json",
        "Host": "api.execute-api.eu-west-1.amazonaws.com",
        "User-Agent": "benchmark",
        "x-api-key": "0123456789",
    }
    return {
        "resource": "/sentiment",
        "path": "/sentiment",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/sentiment",
            "httpMethod": "POST",
            "path": "/v1/sentiment",
            "stage": "v1",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": json.dumps({"instances": [f"{TEXT} {number}" for number in range(TEXTS)]}),
        "isBase64Encoded": False,
    }


def added_milliseconds(requests: int) -> list[float]:
    """How long the handler takes for each request, the endpoint's own stand-in left out, sorted."""
    os.environ.update(ENVIRONMENT)
    # Its clients are made when it is imported, and the environment has to be there.
    from lambdas.sentiment_api import observability  # noqa: PLC0415
    from lambdas.sentiment_api.api import app  # noqa: PLC0415
    from lambdas.sentiment_api.connections import (  # noqa: PLC0415
        model_descriptions,
        sentiment_endpoint,
    )
    from lambdas.sentiment_api.endpoint import SentimentEndpoint  # noqa: PLC0415
    from lambdas.sentiment_api.handler import handler  # noqa: PLC0415
    from lambdas.sentiment_api.model_descriptions import ModelDescriptions  # noqa: PLC0415

    endpoint = SentimentEndpoint(_Endpoint(), name="benchmark")
    models = ModelDescriptions(_Parameters(), parameters=("/model", "/model-coming"))
    app.dependency_overrides[sentiment_endpoint] = lambda: endpoint
    app.dependency_overrides[model_descriptions] = lambda: models
    taken: list[float] = []
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        observability.logger.registered_handler.setStream(nowhere)  # type: ignore[attr-defined]
        for _ in range(WARM_UP + requests):
            event = _event()
            started = time.perf_counter()
            result = handler(event, _Context())
            taken.append((time.perf_counter() - started) * 1000)
            if result["statusCode"] != 200:
                raise SystemExit(f"the handler answered {result['statusCode']}: {result['body']}")
    return sorted(taken[WARM_UP:])


def main() -> None:
    """Print both figures; exit 1 if one of them is above its bar."""
    parser = argparse.ArgumentParser(prog="function", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="cold starts of each (15)")
    parser.add_argument("--requests", type=int, default=3000, help="requests (3000)")
    options = parser.parse_args()
    ours, peer = cold_starts(options.runs)
    added = added_milliseconds(options.requests)
    p50, p99 = statistics.median(added), added[int(len(added) * 0.99)]
    table = Table("", "measured", "bar")
    table.add_row("cold start: import and clients, processor ms", f"{ours:.0f}", "")
    table.add_row("import boto3 and one client (peer), processor ms", f"{peer:.0f}", "")
    table.add_row("ratio", f"{ours / peer:.2f}", f"{COLD_BAR}")
    table.add_row(f"around InvokeEndpoint, {TEXTS} texts, p50 ms", f"{p50:.2f}", f"{ADDED_BAR_MS}")
    table.add_row(f"around InvokeEndpoint, {TEXTS} texts, p99 ms", f"{p99:.2f}", "")
    console = Console(width=100)
    console.print(table)
    console.print(
        f"{date.today():%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )
    if ours / peer > COLD_BAR or p50 > ADDED_BAR_MS:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
