"""Which model gave an answer: the one of those described whose fingerprint it has.

Two SSM parameters describe models: one the model in service, written once it serves everything, and
one the model that is coming, written before the endpoint is touched. So whichever of them answers
while a deployment swaps them, or takes the swap back, its description can be read.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from lambdas.sentiment_api.model_description import ServedModel, read_description
from lambdas.sentiment_api.observability import model_description_failed
from tier_layout.fingerprint import TOLERANCE, Fingerprint, Reading

CLIENT_CONFIG = Config(
    # The descriptions are worth no more waiting: with the endpoint's 22 s it stays within 25 s.
    connect_timeout=1,
    read_timeout=1,
    retries={"total_max_attempts": 1, "mode": "standard"},
)

MAX_AGE_SECONDS = 60.0
"""How long an answer may still have what an earlier evaluation of the same model found out."""
RETRY_SECONDS = 10.0
"""How long a failed read is left alone, so that an outage of SSM does not slow every request."""
SEARCH_SECONDS = 1.0
"""How soon the descriptions are read again when an answer fits none of them. Twice as long each
time, up to `MAX_AGE_SECONDS`: an account's functions share 40 reads a second."""

_MOST_KNOWN: Final = 8
"""Models whose descriptions are kept. Two answer at a time; a rollback brings a third."""


class ParameterStore(Protocol):
    """What we use of boto3's `ssm` client."""

    def get_parameters(self, **request: Sequence[str]) -> Mapping[str, Any]:
        """Read some parameters; those that do not exist are left out."""


class ModelDescriptions:
    """The parameters, cached. An answer never fails, nor waits long, for want of them."""

    def __init__(
        self,
        client: ParameterStore,
        *,
        parameters: Sequence[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read nothing yet.

        Args:
            client: The service.
            parameters: Their names, that of the model in service first.
            clock: Seconds since any moment.
        """
        self._client = client
        self._parameters = parameters
        self._clock = clock
        self._described: Sequence[ServedModel] = ()
        self._known: list[tuple[Fingerprint, ServedModel]] = []
        self._next_read = self._next_search = clock()
        self._patience = SEARCH_SECONDS

    def described(self) -> Sequence[ServedModel]:
        """The models that may answer, the one in service first; none while nothing can be read."""
        if self._clock() >= self._next_read:
            self._read()
        return self._described

    def that_gave(self, reading: Reading) -> ServedModel | None:
        """The model whose fingerprint an answer has; None if it is not described.

        A description without a fingerprint, as former deployments wrote it, is taken for the
        model's whenever no other fits.
        """
        found = self._nearest(reading)
        if found is None and self._clock() >= self._next_search:
            self._read()
            found = self._nearest(reading)
            self._patience = min(2 * self._patience, MAX_AGE_SECONDS)
        if found:
            self._patience = SEARCH_SECONDS
            self._next_search = min(self._next_search, self._clock() + self._patience)
            return found
        return next((model for model in self._described if model.fingerprint is None), None)

    def _nearest(self, reading: Reading) -> ServedModel | None:
        distances = [(known.distance(reading), model) for known, model in self._known]
        distance, model = min(distances, key=lambda pair: pair[0], default=(1.0, None))
        return model if distance <= TOLERANCE else None

    def _read(self) -> None:
        now = self._clock()
        try:
            models = self._read_models()
        except (BotoCoreError, ClientError, ValidationError, LookupError) as error:
            model_description_failed(error)
            self._next_read = self._next_search = now + RETRY_SECONDS
            return
        self._next_read = now + MAX_AGE_SECONDS
        self._next_search = now + self._patience
        self._described = models
        # The one in service last: of two descriptions of one model it is the one that counts.
        for model in reversed(models):
            if own := model.fingerprint:
                others = (pair for pair in self._known if not own.is_as(pair[0]))
                self._known = [(own, model), *others][:_MOST_KNOWN]

    def _read_models(self) -> list[ServedModel]:
        """What the parameters describe.

        Raises:
            BotoCoreError, ClientError: they cannot be read.
            ValidationError: one of them is no description.
            LookupError: there is none.
        """
        found = self._client.get_parameters(Names=self._parameters)["Parameters"]
        values = {parameter["Name"]: parameter["Value"] for parameter in found}
        models = [read_description(values[name]) for name in self._parameters if name in values]
        if not models:
            raise LookupError("no model is described")
        return models
