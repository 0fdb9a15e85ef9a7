"""The Lambda function behind the API."""

# ruff: noqa: E402 - the collector is stopped before the imports.
import gc

# Imports make many objects and hardly any garbage: to look for some takes a tenth of a cold start.
gc.disable()

from time import perf_counter
from typing import Any

from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.typing import LambdaContext

from lambdas.sentiment_api import observability
from lambdas.sentiment_api.api import access, answer
from lambdas.sentiment_api.connections import connect

# In Lambda's init phase, which has more processor time than a request, and where an incomplete
# environment shows at once.
connect()
access()

# What there is now stays as long as the process does.
gc.freeze()
gc.enable()


# `log_event=False`: POWERTOOLS_LOGGER_LOG_EVENT would log the texts.
@observability.logger.inject_lambda_context(
    correlation_id_path=correlation_paths.API_GATEWAY_REST, log_event=False, clear_state=True
)
@observability.metrics.log_metrics(capture_cold_start_metric=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of the gateway (REST API, Lambda proxy integration)."""
    started = perf_counter()
    response = answer(event, context)
    observability.request_answered(event=event, status=response["statusCode"], started=started)
    return response
