"""Prices: AWS's Price List API where it says one clearly, else the table."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from deployment.cost.price_list import SOURCE, PriceList, price_list
from deployment.cost.price_table import (
    ALARM,
    LAMBDA_GB_SECOND,
    Rate,
    hosting,
    serverless,
    table_price,
)

INSTANCE = hosting("ml.m5.large")


def product(usage: str, *tiers: tuple[str, str]) -> str:
    """A product as the API words it: `tiers` are where each begins, and its price."""
    dimensions = {
        f"SKU.JRTCKXETXF.{number}": {
            "unit": "Hrs",
            "beginRange": begin,
            "pricePerUnit": {"USD": usd},
        }
        for number, (begin, usd) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"attributes": {"usagetype": usage, "regionCode": "eu-central-1"}},
            "terms": {"OnDemand": {"SKU.JRTCKXETXF": {"priceDimensions": dimensions}}},
        }
    )


class FakePriceListApi:
    """Stands for boto3's `pricing` client."""

    def __init__(self, *products: str, refusal: str = "") -> None:
        self.products, self.refusal = products, refusal
        self.asked: list[Mapping[str, Any]] = []

    def get_paginator(self, operation: str) -> "FakePriceListApi":
        assert operation == "get_products"
        return self

    def paginate(self, **request: Any) -> Iterator[Mapping[str, Sequence[str]]]:
        self.asked.append(request)
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "GetProducts")
        yield {"PriceList": self.products}


def prices(*products: str) -> PriceList:
    return PriceList("eu-central-1", FakePriceListApi(*products))


def usd(prices: PriceList, rate: Rate = INSTANCE) -> tuple[float, str]:
    price = prices.price(rate)
    assert price
    return price.usd, price.source


def test_price_is_the_regions() -> None:
    assert usd(prices(product("EUC1-Host:ml.m5.large", ("0", "0.138")))) == (0.138, SOURCE)


def test_usage_type_without_a_prefix_is_us_east_1s() -> None:
    found = prices(product("CW:AlarmMonitorUsage", ("0", "0.11")))
    assert usd(found, ALARM) == (0.11, SOURCE)


def test_another_usage_type_that_contains_the_name_is_none_of_ours() -> None:
    found = prices(
        product("EUC1-Host:ml.m5.large", ("0", "0.138")),
        product("EUC1-Host:ml.m5.large-Reserved", ("0", "0.09")),
    )
    assert usd(found) == (0.138, SOURCE)


def test_first_tier_that_is_paid_for_counts() -> None:
    found = prices(product("EUC1-Host:ml.m5.large", ("0", "0"), ("1000", "0.12"), ("125", "0.138")))
    assert usd(found) == (0.138, SOURCE)


def test_two_prices_of_one_usage_type_are_none() -> None:
    found = prices(
        product("EUC1-Host:ml.m5.large", ("0", "0.138")),
        product("EUC1-Host:ml.m5.large", ("0", "0.2")),
    )
    assert usd(found) == (0.115, "SageMaker pricing page")


def test_price_for_another_unit_is_not_used() -> None:
    found = prices(product("EUC1-Lambda-GB-Second", ("0", "16.6667")))
    assert usd(found, LAMBDA_GB_SECOND) == (0.0000166667, "Lambda pricing page")


def test_api_that_refuses_is_not_asked_again() -> None:
    api = FakePriceListApi(refusal="AccessDeniedException")
    found = PriceList("eu-central-1", api)
    assert usd(found) == (0.115, "SageMaker pricing page")
    assert usd(found, ALARM)[0] == 0.10
    assert len(api.asked) == 1
    assert "AccessDenied" in found.failure


def test_a_price_is_asked_for_once() -> None:
    api = FakePriceListApi(product("EUC1-Host:ml.m5.large", ("0", "0.138")))
    found = PriceList("eu-central-1", api)
    usd(found)
    usd(found)
    assert len(api.asked) == 1


def test_serverless_is_paid_by_its_memory() -> None:
    two, four = (table_price(serverless(gb)) for gb in (2, 4))
    assert two
    assert four
    assert (two.usd, four.usd) == (0.00004, 0.00008)


def test_instance_that_the_table_lacks_has_no_price() -> None:
    assert table_price(hosting("ml.new.large")) is None


def test_embedded_aws_is_not_asked_for_prices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ACCESS_KEY_ID": "1",
        "AWS_SECRET_ACCESS_KEY": "2",
    }.items():
        monkeypatch.setenv(name, value)
    assert not price_list("us-east-1").asks_aws


def test_without_credentials_the_table_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    assert not price_list("us-east-1").asks_aws


def test_with_credentials_aws_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "2")
    assert price_list("us-east-1").asks_aws
