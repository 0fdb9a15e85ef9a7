"""Which model answers: read from an SSM parameter, which the deployment of the model writes."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import AliasChoices, BeforeValidator, ConfigDict, Field, ValidationError

from lambdas.confidence import NONE, Calibration
from lambdas.sentiment_api.models import Interval, ModelInfo, Probability
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


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """The model that the endpoint serves, and what its probabilities are worth."""

    info: ModelInfo
    calibration: Calibration
    """Measured on this model: it comes with its name, in one parameter."""
    says_unsure: bool
    """Whether a text below the calibration's threshold is called unsure."""
    normaliser_version: str | None
    """Which text normaliser made what it was trained on; None if nobody wrote it down."""


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
        self._latest: ServedModel | None = None
        self._next_read = clock()

    def current(self) -> ServedModel | None:
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

    def _read(self) -> ServedModel:
        response = self._client.get_parameter(Name=self._parameter)
        described = _Description.model_validate_json(response["Parameter"]["Value"])
        return ServedModel(
            info=ModelInfo.model_validate(
                described.model_dump(include=set(ModelInfo.model_fields))
            ),
            calibration=described.calibration or NONE,
            says_unsure=described.unsure,
            normaliser_version=described.normaliser,
        )


def _read_calibration(value: object) -> Calibration | None:
    """As the evaluation wrote it.

    Raises:
        CalibrationError: a ValueError, which pydantic reports.
    """
    return None if value is None else Calibration.from_json(json.dumps(value))


_Known = Annotated[str | None, BeforeValidator(lambda value: value or None)]
"""CloudFormation has no null: what is not known is empty."""


class _Description(ModelInfo):
    """The parameter's value.

    Also as it was written first, with `validation_accuracy` and without all that has a default: a
    rollback of the model's stack brings that back under a newer API.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    accuracy: Annotated[
        Probability, Field(validation_alias=AliasChoices("accuracy", "validation_accuracy"))
    ]
    accuracy_interval: Interval | None = None
    evaluated_on: _Known = None
    training_data: _Known = None
    normaliser: _Known = None

    calibration: Annotated[Calibration | None, BeforeValidator(_read_calibration)] = None
    unsure: bool = True
