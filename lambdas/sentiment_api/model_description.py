"""Which model answers: read from an SSM parameter, which the deployment of the model writes."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from lambdas.sentiment_api.models import ModelInfo
from lambdas.sentiment_api.observability import model_description_failed

CLIENT_CONFIG = Config(
    # The description is worth no more waiting: with the endpoint's 22 s it stays within 25 s.
    connect_timeout=1,
    read_timeout=1,
    retries={"total_max_attempts": 1, "mode": "standard"},
)

MAX_AGE_SECONDS = 60.0
"""How long after a retraining an answer may still name the model before it."""
RETRY_SECONDS = 10.0
"""How long a failed read is left alone, so that an outage of SSM does not slow every request."""


class ParameterStore(Protocol):
    """What we use of boto3's `ssm` client."""

    def get_parameter(self, **request: str) -> Mapping[str, Any]:
        """Read one parameter."""


class ModelDescription:
    """The parameter, cached. An answer never fails, nor waits long, for want of it."""

    def __init__(
        self,
        client: ParameterStore,
        *,
        parameter: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._parameter = parameter
        self._clock = clock
        self._latest: ModelInfo | None = None
        self._next_read = clock()

    def current(self) -> ModelInfo | None:
        """The model's description; an older one when it cannot be read now, None without any."""
        if self._clock() >= self._next_read:
            try:
                self._latest = self._read()
            except (BotoCoreError, ClientError, ValidationError) as error:
                model_description_failed(error)
                self._next_read = self._clock() + RETRY_SECONDS
            else:
                self._next_read = self._clock() + MAX_AGE_SECONDS
        return self._latest

    def _read(self) -> ModelInfo:
        response = self._client.get_parameter(Name=self._parameter)
        return ModelInfo.model_validate_json(response["Parameter"]["Value"])
