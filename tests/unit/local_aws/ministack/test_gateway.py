"""What is put before ministack's REST APIs: lines of access logs, rates of a firewall."""

from collections import deque

import pytest

from local_aws.ministack import firewall
from local_aws.ministack.gateway_requests import _line

ACL = {
    "ARN": "arn",
    "Rules": [
        {
            "Name": "Rate",
            "Action": {"Block": {}},
            "Statement": {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"}},
        },
        {
            "Name": "Counted",
            "Action": {"Count": {}},
            "Statement": {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 60}},
        },
        {"Name": "Group", "Statement": {"ManagedRuleGroupStatement": {"Name": "Common"}}},
    ],
}


def test_variables_of_a_line_are_filled_in() -> None:
    template = '{"status": "$context.status", "key": "$context.identity.apiKeyId"}'
    known = {"status": "200", "identity.apiKeyId": "abc"}
    assert _line(template, known) == '{"status": "200", "key": "abc"}'


def test_variable_without_a_value_is_a_hyphen() -> None:
    assert _line("$context.error.responseType.", {}) == "-."


def test_only_rules_that_block_count_addresses() -> None:
    assert [*firewall._rates(ACL)] == [("Rate", 10, 300)]


def test_an_address_is_over_its_limit_with_the_next_request() -> None:
    times = deque[float]()
    assert [firewall._is_over(times, 3, 300) for _ in range(5)] == [False] * 3 + [True] * 2


def test_requests_before_the_window_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    times = deque[float]()
    for _ in range(3):
        firewall._is_over(times, 3, 300)
    now += 301
    assert not firewall._is_over(times, 3, 300)
