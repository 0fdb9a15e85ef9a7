"""Metrics that are saved while functions add data points to them."""

import sys
import threading
from collections.abc import Iterator

import pytest
from ministack.core.responses import AccountRegionScopedDict
from ministack.services import cloudwatch

from local_aws.ministack.metrics import STORES, state_of_metrics

LATENCY = ("namespace", "Latency", ())


@pytest.fixture(autouse=True)
def metrics(monkeypatch: pytest.MonkeyPatch) -> AccountRegionScopedDict:
    """CloudWatch without metrics."""
    empty = AccountRegionScopedDict()
    monkeypatch.setattr(cloudwatch, "_metrics", empty)
    return empty


@pytest.fixture
def many_turns() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_data_points_that_come_later_are_not_in_it() -> None:
    cloudwatch._metric_bucket(LATENCY).append({"Value": 1.0})
    state = state_of_metrics()
    cloudwatch._metric_bucket(LATENCY).append({"Value": 2.0})
    assert state["metrics"][LATENCY] == [{"Value": 1.0}]


def test_it_has_everything_that_ministack_saves() -> None:
    assert state_of_metrics().keys() == cloudwatch.get_state().keys() == {"metrics", *STORES}


@pytest.mark.usefixtures("many_turns")
def test_metrics_that_appear_meanwhile_do_no_harm(metrics: AccountRegionScopedDict) -> None:
    ended = threading.Event()

    def call_functions() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            cloudwatch._metric_bucket(("namespace", f"m{number % 500}", ())).append({"Value": 1.0})
            if number % 500 == 0:
                metrics.clear()

    thread = threading.Thread(target=call_functions)
    thread.start()
    try:
        for _ in range(300):
            state_of_metrics()
    finally:
        ended.set()
        thread.join()
