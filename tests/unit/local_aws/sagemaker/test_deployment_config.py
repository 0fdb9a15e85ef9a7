"""Which DeploymentConfigs UpdateEndpoint refuses, and how an update with one goes."""

from typing import Any

import pytest

from local_aws.sagemaker.control_plane import ControlPlane
from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.quotas import Quotas, hosting
from local_aws.sagemaker.state import restore, snapshot
from tests.manual_sagemaker import ManualHosting, ManualTrainer

Json = dict[str, Any]
STATES: dict[str, str] = {}


@pytest.fixture
def host() -> ManualHosting:
    return ManualHosting()


@pytest.fixture
def plane(host: ManualHosting) -> ControlPlane:
    STATES.clear()
    STATES["errors"] = "OK"
    plane = ControlPlane(
        trainer=ManualTrainer(),
        hosting=host,
        quotas=Quotas({hosting("ml.m5.large"): 8}),
        alarm_states=lambda names: {name: STATES[name] for name in names if name in STATES},
    )
    for name in ("one", "two"):
        container = {"Image": "blazingtext:1", "ModelDataUrl": f"s3://data/{name}.tar.gz"}
        plane.call("CreateModel", {"ModelName": name, "PrimaryContainer": container})
    return plane


def define(plane: ControlPlane, name: str, **variant: Any) -> None:
    hosted = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    production = {"VariantName": "All", "ModelName": name} | (variant or hosted)
    plane.call(
        "CreateEndpointConfig", {"EndpointConfigName": name, "ProductionVariants": [production]}
    )


def serve(plane: ControlPlane, host: ManualHosting, **variant: Any) -> None:
    """An endpoint that serves `one`."""
    define(plane, "one", **variant)
    plane.call("CreateEndpoint", {"EndpointName": "sentiment", "EndpointConfigName": "one"})
    host.deployments["sentiment"].in_service()


def canary(count: int = 1, unit: str = "INSTANCE_COUNT", **policy: Any) -> Json:
    routing = {
        "Type": "CANARY",
        "CanarySize": {"Type": unit, "Value": count},
        "WaitIntervalInSeconds": 120,
    }
    return {
        "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing} | policy,
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
    }


def linear(count: int, unit: str) -> Json:
    routing = {
        "Type": "LINEAR",
        "LinearStepSize": {"Type": unit, "Value": count},
        "WaitIntervalInSeconds": 60,
    }
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def rolling(count: int, unit: str = "INSTANCE_COUNT") -> Json:
    size = {"Type": unit, "Value": count}
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 0}}


def update(plane: ControlPlane, config: Json, **more: Any) -> None:
    request = {"EndpointName": "sentiment", "EndpointConfigName": "two"}
    plane.call("UpdateEndpoint", request | {"DeploymentConfig": config} | more)


def refusal(plane: ControlPlane, config: Json) -> str:
    with pytest.raises(SageMakerError) as caught:
        update(plane, config)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def describe(plane: ControlPlane) -> Json:
    return plane.call("DescribeEndpoint", {"EndpointName": "sentiment"})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (canary(2), "CanarySize must be at most 50 percent of the variant's total instance count"),
        (canary(51, "CAPACITY_PERCENT"), "51 percent is more than that of the 2 of variant All"),
        (linear(5, "CAPACITY_PERCENT"), "LinearStepSize must be 10 to 50 percent"),
        (linear(2, "INSTANCE_COUNT"), "2 instances is not, of the 2 of variant All"),
        (rolling(2), "MaximumBatchSize must be 5 to 50 percent"),
        (canary() | rolling(1), "either BlueGreenUpdatePolicy or RollingUpdatePolicy, not both"),
        (
            canary() | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "gone"}]}},
            "alarms in AutoRollbackConfiguration were not found: gone",
        ),
        (
            canary(MaximumExecutionTimeoutInSeconds=60),
            "Member must have value greater than or equal to 600",
        ),
        (
            canary() | {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}] * 11}},
            "Member must have length less than or equal to 10",
        ),
    ],
)
def test_what_sagemaker_would_not_carry_out_is_refused(
    plane: ControlPlane, host: ManualHosting, config: Json, words: str
) -> None:
    serve(plane, host)
    define(plane, "two")
    assert words in refusal(plane, config)
    assert describe(plane)["EndpointStatus"] == "InService"


@pytest.mark.parametrize(("kind", "size"), [("CANARY", "CanarySize"), ("LINEAR", "LinearStepSize")])
def test_each_kind_of_routing_needs_its_own_size(
    plane: ControlPlane, host: ManualHosting, kind: str, size: str
) -> None:
    serve(plane, host)
    define(plane, "two")
    routing = {"Type": kind, "WaitIntervalInSeconds": 0}
    config = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    assert refusal(plane, config) == (
        f"TrafficRoutingConfiguration of type {kind} requires {size}."
    )


def test_one_instance_has_no_canary(plane: ControlPlane, host: ManualHosting) -> None:
    one = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    serve(plane, host, **one)
    define(plane, "two", **one)
    assert "CanarySize must be at most 50 percent" in refusal(plane, canary(50, "CAPACITY_PERCENT"))


@pytest.mark.parametrize("config", [canary(), linear(50, "CAPACITY_PERCENT"), rolling(1)])
def test_serverless_shifts_no_traffic(
    plane: ControlPlane, host: ManualHosting, config: Json
) -> None:
    serverless = {"ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}}
    serve(plane, host, **serverless)
    define(plane, "two", **serverless)
    assert refusal(plane, config).endswith("is not supported for serverless endpoints.")


def test_a_canary_needs_the_same_variants(plane: ControlPlane, host: ManualHosting) -> None:
    serve(plane, host)
    define(plane, "two", VariantName="Else", InstanceType="ml.m5.large", InitialInstanceCount=2)
    assert refusal(plane, canary()).endswith(
        "the endpoint has All, the new configuration has Else."
    )


def test_an_update_that_is_rolled_back_serves_what_it_served_and_says_why(
    plane: ControlPlane, host: ManualHosting
) -> None:
    serve(plane, host)
    define(plane, "two")
    update(plane, canary())
    deployment = host.deployments["sentiment"]
    assert deployment.tripped() is None
    STATES["errors"] = "ALARM"
    reason = deployment.tripped()
    assert reason is not None
    deployment.rolling_back(reason)
    assert describe(plane)["EndpointStatus"] == "RollingBack"
    assert plane.endpoints.serves("sentiment")
    deployment.failed(reason)
    endpoint = describe(plane)
    assert (endpoint["EndpointStatus"], endpoint["EndpointConfigName"]) == ("InService", "one")
    assert endpoint["FailureReason"] == (
        "The deployment was rolled back because one or more CloudWatch alarms went into ALARM"
        " state: errors."
    )


def test_a_deployment_that_is_under_way_is_described(
    plane: ControlPlane, host: ManualHosting
) -> None:
    serve(plane, host)
    define(plane, "two")
    update(plane, canary())
    deployment = host.deployments["sentiment"]
    (pending,) = describe(plane)["PendingDeploymentSummary"]["ProductionVariants"]
    assert [one["Status"] for one in pending["VariantStatus"]] == ["Creating"]
    deployment.shifted(deployment.rollout.steps[0])
    summary = describe(plane)["PendingDeploymentSummary"]
    (pending,) = summary["ProductionVariants"]
    assert (summary["EndpointConfigName"], pending["CurrentWeight"]) == ("two", 0.5)
    assert [one["Status"] for one in pending["VariantStatus"]] == ["Baking"]
    deployment.in_service()
    assert "PendingDeploymentSummary" not in describe(plane)


def test_an_update_keeps_the_scaled_count_if_it_is_asked_to(
    plane: ControlPlane, host: ManualHosting
) -> None:
    serve(plane, host)
    scale(plane, 4)
    define(plane, "two")
    update(plane, canary(2), RetainAllVariantProperties=True)
    deployment = host.deployments["sentiment"]
    assert deployment.variants[0].instances == 4
    deployment.in_service()
    assert describe(plane)["ProductionVariants"][0]["CurrentInstanceCount"] == 4


def test_both_fleets_count_as_they_are_scaled(plane: ControlPlane, host: ManualHosting) -> None:
    serve(plane, host)
    scale(plane, 5)
    define(plane, "two")
    with pytest.raises(SageMakerError) as caught:
        update(plane, canary(2), RetainAllVariantProperties=True)
    assert caught.value.code == "ResourceLimitExceeded"
    assert "current utilization of 5 Instances and a request delta of 5" in caught.value.message


def test_no_more_instances_than_the_account_may_have(
    plane: ControlPlane, host: ManualHosting
) -> None:
    serve(plane, host)
    with pytest.raises(SageMakerError) as caught:
        scale(plane, 9)
    assert caught.value.code == "ResourceLimitExceeded"


def test_a_weight_reaches_the_host(plane: ControlPlane, host: ManualHosting) -> None:
    serve(plane, host)
    change = {"VariantName": "All", "DesiredWeight": 0.5}
    plane.call(
        "UpdateEndpointWeightsAndCapacities",
        {"EndpointName": "sentiment", "DesiredWeightsAndCapacities": [change]},
    )
    assert host.weights["sentiment"] == {"All": 0.5}


def test_a_rollout_that_a_restart_cuts_short_serves_the_old_config(
    plane: ControlPlane, host: ManualHosting
) -> None:
    serve(plane, host)
    define(plane, "two")
    update(plane, canary())
    host.deployments["sentiment"].shifted(host.deployments["sentiment"].rollout.steps[0])
    later_host = ManualHosting()
    later = ControlPlane(trainer=ManualTrainer(), hosting=later_host)
    restore(later, snapshot(plane))
    deployment = later_host.deployments["sentiment"]
    assert deployment.config_name == "one"
    assert "PendingDeploymentSummary" not in describe(later)


def scale(plane: ControlPlane, count: int) -> None:
    change = {"VariantName": "All", "DesiredInstanceCount": count}
    plane.call(
        "UpdateEndpointWeightsAndCapacities",
        {"EndpointName": "sentiment", "DesiredWeightsAndCapacities": [change]},
    )
