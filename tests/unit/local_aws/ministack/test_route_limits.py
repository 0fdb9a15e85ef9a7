"""Limits of single routes."""

from typing import Any

import pytest
from ministack.services import apigateway_v1

from local_aws.ministack.route_limits import find_route_limits

EVERY = {"throttlingRateLimit": 5.0}
ROUTE = {"throttlingRateLimit": 50.0}


@pytest.fixture(autouse=True)
def put_in(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "_method_throttle_settings"
    monkeypatch.setattr(apigateway_v1, name, getattr(apigateway_v1, name))
    find_route_limits()


@pytest.mark.parametrize(
    ("key", "path", "limits"),
    [
        ("/~1sentiment/POST", "/sentiment", ROUTE),
        ("/~1a~1b/POST", "/a/b", ROUTE),
        ("/sentiment/POST", "/sentiment", ROUTE),
        ("/~1health/POST", "/sentiment", EVERY),
    ],
)
def test_a_route_has_its_own_limits_however_they_are_written(
    key: str, path: str, limits: dict[str, Any]
) -> None:
    stage = {"methodSettings": {"*/*": EVERY, key: ROUTE}}
    assert apigateway_v1._method_throttle_settings(stage, path, "POST") == limits
