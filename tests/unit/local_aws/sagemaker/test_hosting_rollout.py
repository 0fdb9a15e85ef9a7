"""A canary between two fleets of real processes."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.sagemaker.invocations import invoke_endpoint
from tests.unit.local_aws.sagemaker.test_hosting import JSON, Site

INSTANCES = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 4}
BAKING_S = 2


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.create("first", hosted=INSTANCES)
    yield site
    site.close()


def canary(site: Site, answer: str, *, wait_s: int = BAKING_S) -> None:
    """Begin a canary of a quarter; returns when it serves."""
    site.define(answer, hosted=INSTANCES)
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        "WaitIntervalInSeconds": wait_s,
    }
    site.plane.call(
        "UpdateEndpoint",
        {
            "EndpointName": "sentiment",
            "EndpointConfigName": answer,
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing},
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
            },
        },
    )
    while "Baking" not in json.dumps(describe(site), default=str):
        time.sleep(0.01)


def describe(site: Site) -> dict[str, Any]:
    return site.plane.call("DescribeEndpoint", {"EndpointName": "sentiment"})


def settle(site: Site) -> dict[str, Any]:
    while describe(site)["EndpointStatus"] in {"Updating", "RollingBack"}:
        time.sleep(0.02)
    return describe(site)


def answers(site: Site, count: int) -> Counter[str]:
    return Counter(site.invoke() for _ in range(count))


def test_the_canary_answers_its_share_and_then_everything(site: Site) -> None:
    canary(site, "second")
    assert answers(site, 40) == {"first": 30, "second": 10}
    assert settle(site)["EndpointConfigName"] == "second"
    assert answers(site, 10) == {"second": 10}


def test_an_alarm_gives_everything_back_to_the_old_model(site: Site) -> None:
    canary(site, "second", wait_s=600)
    site.alarms["errors"] = "ALARM"
    endpoint = settle(site)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "first")
    assert endpoint["FailureReason"].endswith("alarms went into ALARM state: errors.")
    assert answers(site, 10) == {"first": 10}
    assert [line for line in site.events if "rolled back" in line] == [
        f"endpoint sentiment is rolled back: {endpoint['FailureReason']}"
    ]


def test_a_request_to_the_canary_is_answered_although_it_is_rolled_back(site: Site) -> None:
    canary(site, "slow", wait_s=600)
    answered: list[str] = []
    callers = [threading.Thread(target=lambda: answered.append(site.invoke())) for _ in range(8)]
    for caller in callers:
        caller.start()
    time.sleep(0.2)
    site.alarms["errors"] = "ALARM"
    for caller in callers:
        caller.join()
    settle(site)
    assert Counter(answered) == {"first": 6, "slow": 2}


def test_deleting_an_endpoint_during_its_canary_leaves_no_process(site: Site) -> None:
    canary(site, "second", wait_s=600)
    leases = [site.hosting.lease("sentiment", None) for _ in range(4)]
    processes = [lease.process for lease in leases if lease is not None]
    for process in processes:
        process.end_request()
    assert len({process.pid for process in processes}) == 2
    site.plane.call("DeleteEndpoint", {"EndpointName": "sentiment"})
    site.hosting.wait(10)
    assert not any(process.is_running() for process in processes)


def test_each_fleet_has_metrics_of_its_own_while_two_serve(site: Site) -> None:
    site.invoke()
    canary(site, "second", wait_s=600)
    answers(site, 4)
    noted = Counter(one.config for one in site.plane.invocation_metrics.take())
    assert noted == {None: 1, "first": 3, "second": 1}


def test_what_an_invocation_counts_for(site: Site) -> None:
    site.invoke()
    (noted,) = site.plane.invocation_metrics.take()
    values = {name: value for name, _, value in noted.values()}
    assert list(noted.dimensions()) == [(("EndpointName", "sentiment"), ("VariantName", "All"))]
    assert (values["Invocations"], values["InvocationModelErrors"]) == (1.0, 0.0)
    assert values["InvocationsPerInstance"] == 0.25
    assert 100 < values["ModelLatency"] < 5e6
    assert 0 < values["OverheadLatency"] < values["ModelLatency"]


def test_a_refusal_of_the_model_counts_as_one_of_its_errors(site: Site) -> None:
    with pytest.raises(Exception, match="415"):
        site.run(
            invoke_endpoint(
                site.plane, site.hosting, "sentiment", {**JSON, "content-type": "x"}, b"{}"
            )
        )
    (noted,) = site.plane.invocation_metrics.take()
    values = {name: value for name, _, value in noted.values()}
    assert (values["Invocation4XXErrors"], values["Invocation5XXErrors"]) == (1.0, 0.0)
    assert values["InvocationModelErrors"] == 1.0
