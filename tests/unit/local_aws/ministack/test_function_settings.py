"""What Lambda refuses of a function's settings."""

from typing import Any

import pytest

from local_aws.ministack.function_settings import refused_settings


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"MemorySize": 128, "Timeout": 900, "EphemeralStorage": {"Size": 512}},
        {"MemorySize": "10240", "Timeout": "1", "EphemeralStorage": {"Size": "10240"}},
        {"Environment": {"Variables": {"A": "x" * 4000}}},
    ],
)
def test_what_lambda_takes_passes(settings: dict[str, Any]) -> None:
    assert refused_settings(settings) is None


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"MemorySize": 127}, "'127' at 'memorySize' failed to satisfy constraint: Member must"),
        ({"MemorySize": 10241}, "less than or equal to 10240"),
        ({"Timeout": "901"}, "less than or equal to 900"),
        ({"Timeout": 0}, "greater than or equal to 1"),
        ({"EphemeralStorage": {"Size": 511}}, "greater than or equal to 512"),
        ({"Environment": {"Variables": {"A": "x" * 4096}}}, "exceeded the 4KB limit"),
    ],
)
def test_what_lambda_refuses_is_named(settings: dict[str, Any], said: str) -> None:
    assert said in str(refused_settings(settings))


def test_every_problem_is_named_at_once() -> None:
    problem = refused_settings({"MemorySize": 1, "Timeout": 1000})
    assert str(problem).startswith("2 validation errors detected")
