"""What an hour of hosting costs: a small table, because a price list is not worth a dependency."""

PRICES_REGION = "us-east-1"
PRICES_AS_OF = "2026-11"
"""When the figures were collected, from public sources that agree. Check before quoting."""

_USD_PER_HOUR = {
    "ml.t2.medium": 0.056,
    "ml.m5.large": 0.115,
    "ml.m5.xlarge": 0.23,
    "ml.m5.2xlarge": 0.461,
    "ml.m5.4xlarge": 0.922,
    "ml.c5.large": 0.102,
    "ml.c5.xlarge": 0.204,
    "ml.c5.2xlarge": 0.408,
    "ml.c5.4xlarge": 0.816,
    "ml.c5.9xlarge": 1.836,
    "ml.g4dn.xlarge": 0.7364,
}
"""One instance of real-time inference, on demand."""


def instance_price(instance_type: str) -> float | None:
    """US dollars an hour for one instance in `PRICES_REGION`; None where the table has none."""
    return _USD_PER_HOUR.get(instance_type)
