"""What the templates cannot say: how much a tier has to do."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass

HOURS_A_MONTH = 730
TEXTS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Work:
    """The assumptions. None of them was measured on AWS."""

    texts_per_request: int = 10
    """1 to 100, the API's own limit."""
    characters_per_text: int = 600
    """Of a review; those of IMDB have 1,300, tweets 100."""
    function_ms: int = 50
    """How long the API's function runs for one request, the wait for the endpoint included."""
    endpoint_ms: int = 20
    """How long a serverless endpoint computes for one request."""
    log_bytes_per_request: int = 2_500
    """One line of the function, its metrics, and Lambda's own lines."""
    trace_share: float = 0.05
    """X-Ray's default sampling, of 1."""
    metrics_in_use: int = 12
    """Series that the API's function publishes with two labels: eight, three of answers, and one
    kind of error."""
    training_minutes: float = 5
    """Billed for one training job."""
    evaluation_seconds: int = 60
    preparation_minutes: float = 10
    """One run of the Glue job."""
    stored_gb: float = 1
    """Data, models and reports in one bucket."""

    @property
    def requests(self) -> float:
        """Requests for a million texts."""
        return TEXTS / self.texts_per_request

    @property
    def text_gb(self) -> float:
        """Of a million texts, in one direction."""
        return TEXTS * self.characters_per_text / 1e9

    @property
    def comprehend_units(self) -> float:
        """Units of 100 characters; each text is three of them at the least (its pricing page)."""
        return TEXTS * max(3, math.ceil(self.characters_per_text / 100))

    def as_dict(self) -> Mapping[str, float]:
        """The assumptions by name."""
        return asdict(self)
