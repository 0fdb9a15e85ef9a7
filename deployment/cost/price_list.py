"""AWS's own prices of a region, by the Price List API."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deployment.cost.price_table import Price, Rate, table_price

API_REGION = "us-east-1"
"""One of the regions in which the API is; it has the prices of all."""
SOURCE = "Price List API"
_ANOTHER_UNIT = 4.0
"""No region asks four times as much as another one. A price that is so far from the table's is
one for another unit than the table's, and is not used."""


class PriceList:
    """The prices of one region: the API's where it says one clearly, else the table's."""

    def __init__(self, region: str, api: Any = None) -> None:
        """Ask for prices.

        Args:
            region: whose.
            api: boto3's client of the Price List API; None for the table alone.
        """
        self.region, self._api = region, api
        self._found: dict[Rate, Price | None] = {}
        self.failure = ""
        """Why the API was not asked any more, if it refused."""

    @property
    def asks_aws(self) -> bool:
        """Whether the API is asked."""
        return self._api is not None

    def price(self, rate: Rate) -> Price | None:
        """The price of something; None where neither API nor table has one."""
        if rate not in self._found:
            self._found[rate] = self._ask(rate) or table_price(rate)
        return self._found[rate]

    def _ask(self, rate: Rate) -> Price | None:
        if self._api is None:
            return None
        try:
            found = {usd for usd in self._first_tiers(rate) if _same_unit(usd, rate)}
        except (BotoCoreError, ClientError) as error:
            self.failure, self._api = str(error), None
            return None
        return Price(usd=found.pop(), source=SOURCE) if len(found) == 1 else None

    def _first_tiers(self, rate: Rate) -> Iterator[float]:
        pages = self._api.get_paginator("get_products").paginate(
            ServiceCode=rate.service,
            Filters=[
                {"Type": "EQUALS", "Field": "regionCode", "Value": self.region},
                {"Type": "CONTAINS", "Field": "usagetype", "Value": rate.usage},
            ],
        )
        for page in pages:
            for text in page["PriceList"]:
                product = json.loads(text)
                usage = product["product"]["attributes"].get("usagetype", "")
                # us-east-1 has no prefix for the oldest services.
                if usage == rate.usage or usage.endswith(f"-{rate.usage}"):
                    yield from _first_tier(product)


def price_list(region: str) -> PriceList:
    """The prices of a region: by the API, where there are credentials for a real AWS."""
    session = boto3.Session()
    api = session.client(
        "pricing",
        region_name=API_REGION,
        config=Config(connect_timeout=3, read_timeout=10, retries={"max_attempts": 1}),
    )
    host = urlsplit(api.meta.endpoint_url).hostname or ""
    real = host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return PriceList(region, api if real and session.get_credentials() else None)


def _first_tier(product: Mapping[str, Any]) -> Iterator[float]:
    """The price of the first unit that is paid for, on demand."""
    dimensions = [
        dimension
        for term in product.get("terms", {}).get("OnDemand", {}).values()
        for dimension in term["priceDimensions"].values()
    ]
    paid = [
        (float(dimension.get("beginRange") or 0), float(dimension["pricePerUnit"].get("USD", 0)))
        for dimension in dimensions
    ]
    paid = sorted(pair for pair in paid if pair[1] > 0)
    if paid:
        yield paid[0][1]


def _same_unit(usd: float, rate: Rate) -> bool:
    known = table_price(rate)
    return known is None or known.usd / _ANOTHER_UNIT <= usd <= known.usd * _ANOTHER_UNIT
