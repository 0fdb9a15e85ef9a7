"""The vocabularies of the models that answer: files in the data bucket, each read once."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lambdas.confidence.vocabulary import Vocabulary, VocabularyError
from lambdas.sentiment_api.model_description import ServedModel
from lambdas.sentiment_api.observability import vocabulary_failed

CLIENT_CONFIG = Config(
    # What is left of the function's 25 s after the endpoint's and the descriptions' 24.
    connect_timeout=0.4,
    read_timeout=0.4,
    retries={"total_max_attempts": 1, "mode": "standard"},
)

RETRY_SECONDS = 60.0
"""How long a file that could not be read is left alone."""

_MOST_KNOWN: Final = 3
"""Files that are kept, a megabyte each. Two models answer at a time."""
_LARGEST_BYTES: Final = 4 * 1024 * 1024
"""Four times what an evaluation writes."""


class ObjectStore(Protocol):
    """What we use of boto3's `s3` client."""

    def get_object(self, **request: str) -> Mapping[str, Any]:
        """Read one object."""


class Vocabularies:
    """The files, read when they are needed first. An answer never fails for want of them."""

    def __init__(
        self,
        connect: Callable[[], ObjectStore],
        *,
        bucket: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read nothing yet.

        Args:
            connect: Makes the client: a tenth of a second, which a start need not wait for.
            bucket: The tier's data bucket.
            clock: Seconds since any moment.
        """
        self._connect = connect
        self._client: ObjectStore | None = None
        self._bucket = bucket
        self._clock = clock
        self._known: dict[str, Vocabulary] = {}
        self._next_try: dict[str, float] = {}

    def of(self, model: ServedModel | None) -> Vocabulary | None:
        """A model's vocabulary; None where it has none, or none can be read now."""
        key = model.vocabulary_key if model else None
        if key is None:
            return None
        if key not in self._known and self._clock() >= self._next_try.get(key, 0.0):
            self._read(key)
        return self._known.get(key)

    def _read(self, key: str) -> None:
        try:
            if self._client is None:
                self._client = self._connect()
            with self._client.get_object(Bucket=self._bucket, Key=key)["Body"] as body:
                found = Vocabulary.from_bytes(body.read(_LARGEST_BYTES))
        except (BotoCoreError, ClientError, VocabularyError) as error:
            vocabulary_failed(error)
            self._next_try = {key: self._clock() + RETRY_SECONDS}
            return
        while len(self._known) >= _MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[key] = found
