"""Logs and metrics of the API.

Nothing here ever takes a text, or the message of an exception that might quote one.

Metrics (EMF, one namespace): `Requests`, `Texts`, `Latency`, `EndpointLatency`, `Errors` with
the dimension `kind`, and `UnreadableReplies`, which roll a new model back. For drift, of each
answered text `Confidence` and `Unsure` (0 or 1), `Answers` with the dimension `sentiment`, and
`Accuracy`, that of the model in its evaluation.
"""

import logging
import os
import re
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit, single_metric
from botocore.exceptions import ClientError

from lambdas.sentiment_api.models import SentimentResponse
from tier_layout.labels import UNSURE
from tier_layout.metrics import API_METRICS, UNREADABLE_REPLIES

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", API_METRICS)
SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME", "sentiment")

logger = Logger(service=SERVICE)
metrics = Metrics(namespace=NAMESPACE, service=SERVICE)

_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})
"""S3's code, and that of the others."""
_REFUSED_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]{1,40}:[A-Za-z]{1,60}) ")

# At DEBUG these write whole requests, texts included; Lambda's log level would reach them.
for library in ("aws_lambda_powertools", "botocore", "urllib3"):
    logging.getLogger(library).setLevel(logging.INFO)


def request_answered(*, event: Mapping[str, Any], status: int, started: float) -> None:
    """Write the request's one log line, with what was noted on the way.

    Args:
        event: The gateway's event. Only its method and resource (the gateway's own name of the
            route, such as `/sentiment`) are logged: a path can hold anything.
        status: The HTTP status of the answer.
        started: `perf_counter()` when the request came in.
    """
    latency_ms = _milliseconds_since(started)
    metrics.add_metric(name="Requests", unit=MetricUnit.Count, value=1)
    metrics.add_metric(name="Latency", unit=MetricUnit.Milliseconds, value=latency_ms)
    route = f"{event.get('httpMethod')} {event.get('resource')}"
    logger.info("request", extra={"route": route, "status": status, "latency_ms": latency_ms})


def texts_received(count: int) -> None:
    """Count the texts of a valid request."""
    metrics.add_metric(name="Texts", unit=MetricUnit.Count, value=count)
    logger.append_keys(texts=count)


def texts_answered(response: SentimentResponse) -> None:
    """Measure in which sentiments texts were answered, and how surely."""
    for result in response.results:
        metrics.add_metric(name="Confidence", unit=MetricUnit.NoUnit, value=result.confidence)
        unsure = float(result.sentiment == UNSURE)
        metrics.add_metric(name="Unsure", unit=MetricUnit.Count, value=unsure)
    if response.model is not None:
        accuracy = response.model.accuracy
        metrics.add_metric(name="Accuracy", unit=MetricUnit.NoUnit, value=accuracy)
    # As many as the model has labels, and one.
    for sentiment, count in Counter(one.sentiment for one in response.results).items():
        # CloudWatch takes ASCII only, and labels are whatever the training file used.
        ascii_sentiment = sentiment.encode("ascii", "backslashreplace").decode()
        _count("Answers", count, sentiment=ascii_sentiment)


@contextmanager
def endpoint_latency_recorded() -> Iterator[None]:
    """Measure one call to the endpoint, whether it succeeds or not."""
    started = perf_counter()
    try:
        yield
    finally:
        latency_ms = _milliseconds_since(started)
        metrics.add_metric(name="EndpointLatency", unit=MetricUnit.Milliseconds, value=latency_ms)
        logger.append_keys(endpoint_ms=latency_ms)


@contextmanager
def unreadable_reply_counted() -> Iterator[None]:
    """Count one reply of the endpoint: as unreadable if reading it fails, otherwise as good."""
    unreadable = 1
    try:
        yield
        unreadable = 0
    finally:
        metrics.add_metric(name=UNREADABLE_REPLIES, unit=MetricUnit.Count, value=unreadable)


def request_refused(kind: str) -> None:
    """Count an answer that is a problem, by its kind (`invalid-request`, `throttled`…)."""
    logger.append_keys(problem=kind)
    _count("Errors", 1, kind=kind)


def endpoint_failed(error: Exception) -> None:
    """Log why the endpoint gave no predictions. Its errors carry codes and counts only."""
    logger.warning("endpoint failed", extra={"error": type(error).__name__, "reason": str(error)})


def model_description_failed(error: Exception) -> None:
    """Log that the model's description could not be read."""
    logger.warning(
        "model description not read",
        extra={"error": type(error).__name__, **_missing_permission(error)},
    )


def vocabulary_failed(error: Exception) -> None:
    """Log that the model's vocabulary could not be read."""
    logger.warning(
        "vocabulary not read",
        extra={"error": type(error).__name__, **_missing_permission(error)},
    )


def normaliser_unspoken(trained_with: str, *, spoken: Iterable[str]) -> None:
    """Log that the model was trained with a version of the normaliser that this API lacks."""
    logger.error(
        "model needs retraining", extra={"trained_with": trained_with, "spoken": [*spoken]}
    )


def unexpected_error(error: BaseException) -> None:
    """Log an exception's type and where it came from, without its message or any value."""
    frames = traceback.extract_tb(error.__traceback__)
    logger.error(
        "unexpected error",
        extra={
            "error": type(error).__name__,
            **_missing_permission(error),
            "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        },
    )


def _count(name: str, value: float, **dimension: str) -> None:
    """Add to a metric that has a dimension of its own."""
    with single_metric(
        namespace=NAMESPACE,
        name=name,
        unit=MetricUnit.Count,
        value=value,
        default_dimensions={"service": SERVICE, **dimension},
    ):
        pass


def _missing_permission(error: BaseException) -> dict[str, str]:
    """The action that IAM refused, if it did: this one word of its message, and no other."""
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    found = _REFUSED_ACTION.search(str(error)) if code in _DENIED else None
    return {"missing_permission": found[1]} if found else {}


def _milliseconds_since(started: float) -> float:
    return round((perf_counter() - started) * 1000, 3)
