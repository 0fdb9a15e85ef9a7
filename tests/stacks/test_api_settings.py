"""What a tier's API may ask for, and what is said about what it may not."""

from typing import Any

import pytest

from stacks.settings.api import ApiSettings
from stacks.tiers import TierError, find_tier

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


def problems(**settings: Any) -> str:
    """What is wrong with an API of these settings."""
    return "\n".join(ApiSettings(**settings).problems())


@pytest.mark.parametrize("authorization", ["iam", "api-key"])
def test_a_tier_may_ask_for_a_signature_or_a_key(authorization: Any) -> None:
    assert problems(authorization=authorization) == ""


def test_an_open_api_has_to_be_meant() -> None:
    assert "at this account's cost. Set open_to_everyone=true" in problems(authorization="none")


def test_an_open_api_that_is_meant_is_accepted() -> None:
    assert problems(authorization="none", open_to_everyone=True) == ""


def test_an_api_that_asks_for_a_key_is_not_open() -> None:
    assert "open_to_everyone=true says nothing" in problems(open_to_everyone=True)


@pytest.mark.parametrize(
    "name",
    ["requests_per_second", "burst", "requests_per_day", "open_requests_per_second", "open_burst"],
)
def test_a_limit_lets_something_through(name: str) -> None:
    assert f"{name}=0 must be at least 1" in problems(**{name: 0})


def test_all_callers_together_have_at_least_what_one_has() -> None:
    assert "total_requests_per_second=50 and total_burst=100" in problems(burst=101)


@pytest.mark.parametrize(
    "origin", ["https://app.example.com", "http://localhost:3000", "https://127.0.0.1"]
)
def test_an_origin_is_accepted(origin: str) -> None:
    assert problems(cors_origins=(origin,)) == ""


@pytest.mark.parametrize(
    "origin",
    [
        *("*", "null", "app.example.com", "https://app.example.com/", "https://*.example.com"),
        *("", "https://App.example.com", "https://a b", "https://a,https://b", "file:///tmp"),
    ],
)
def test_what_is_no_origin_is_named(origin: str) -> None:
    assert f"{origin!r}, which is no origin" in problems(cors_origins=(origin,))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"reserved_concurrency": 0}, "reserved_concurrency=0 must be at least 1"),
        ({"firewall_requests": 9}, "firewall_requests=9 must be 10 to 2000000000"),
        ({"domain_name": "api.example.com"}, "certificate_arn=None go together"),
        ({"certificate_arn": CERTIFICATE}, "domain_name=None and certificate_arn="),
        ({"domain_name": "https://api.example.com/"}, "is no host name"),
        ({"domain_name": "localhost"}, "is no host name"),
        ({"certificate_arn": "arn:aws:iam::1:server-certificate/a"}, "is no certificate's"),
    ],
)
def test_what_cannot_be_deployed_is_said_before(settings: dict[str, Any], said: str) -> None:
    assert said in problems(**settings)


def test_a_domain_with_its_certificate_is_accepted() -> None:
    assert problems(domain_name="api.example.com", certificate_arn=CERTIFICATE) == ""


def test_origins_come_from_cdk_json_too() -> None:
    own = {"Alice": {"settings": "Sandbox", "api": {"cors_origins": ["https://a.example.com"]}}}
    assert find_tier("Alice", own=own).settings.api.cors_origins == ("https://a.example.com",)


def test_another_authorization_names_those_that_there_are() -> None:
    own = {"Alice": {"settings": "Sandbox", "api": {"authorization": "API_KEY"}}}
    with pytest.raises(TierError, match=r"api\.authorization: .*'iam', 'api-key' or 'none'"):
        find_tier("Alice", own=own)
