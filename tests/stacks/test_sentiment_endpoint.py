"""How a tier's settings shape its endpoint, and which alarms watch a rollout."""

import dataclasses
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from stacks.sentiment_endpoint import SentimentEndpoint
from stacks.settings.hosting import HostingSettings
from stacks.tiers import PRODUCTION, SANDBOX, Tier, TierError, TierSettings
from tests.stacks.conftest import resource, resources
from tier_layout.metrics import API_METRICS, UNREADABLE_REPLIES

CONFIG = "EndpointConfigName"


def endpoint(base: TierSettings = PRODUCTION, **changes: Any) -> Template:
    """The template of a stack with nothing but an endpoint, in a tier called Alice."""
    hosting = dataclasses.replace(base.hosting, **changes)
    settings = dataclasses.replace(base, hosting=hosting)
    stack = cdk.Stack(cdk.App(), "Endpoint")
    SentimentEndpoint(
        stack,
        "SentimentEndpoint",
        tier=Tier(name="Alice", settings=settings, settings_name="Production"),
        image_uri="image:1",
        model_data_url="s3://bucket/model.tar.gz",
        execution_role_arn="arn:aws:iam::000000000000:role/execution",
        bucket_name="data",
    )
    return Template.from_stack(stack)


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """The properties of the alarms, by the names of their metrics."""
    found = [one["Properties"] for one in resources(template, "AWS::CloudWatch::Alarm")]
    return {one["MetricName"]: one for one in found}


def dimensions(alarm: dict[str, Any]) -> dict[str, Any]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


@pytest.fixture(scope="module")
def production() -> Template:
    return endpoint()


@pytest.mark.parametrize(
    ("metric", "statistic", "threshold"),
    [
        ("InvocationModelErrors", "Average", 0.05),
        ("Invocation5XXErrors", "Average", 0.05),
        ("ModelLatency", "p99", 1_000_000),
    ],
)
def test_the_new_fleet_alone_is_watched(
    production: Template, metric: str, statistic: str, threshold: float
) -> None:
    (config,) = production.find_resources("AWS::SageMaker::EndpointConfig")
    alarm = alarms(production)[metric]
    assert dimensions(alarm) == {
        "EndpointName": "Alice-sentiment",
        "VariantName": "AllTraffic",
        CONFIG: {"Fn::GetAtt": [config, CONFIG]},
    }
    assert alarm.get("Statistic", alarm.get("ExtendedStatistic")) == statistic
    assert alarm["Threshold"] == threshold


def test_what_the_api_cannot_read_rolls_back_although_only_a_canary_answers_it(
    production: Template,
) -> None:
    alarm = alarms(production)[UNREADABLE_REPLIES]
    assert (alarm["Namespace"], dimensions(alarm)) == (
        API_METRICS,
        {"service": "Alice-sentiment"},
    )
    smallest_canary = 1 / PRODUCTION.hosting.maximum_instances
    assert alarm["Threshold"] == PRODUCTION.hosting.maximum_error_rate * smallest_canary


def test_every_alarm_rolls_back_and_is_quiet_without_data(production: Template) -> None:
    deployment = resource(production, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    named = {one["AlarmName"]["Ref"] for one in deployment["AutoRollbackConfiguration"]["Alarms"]}
    assert named == set(production.find_resources("AWS::CloudWatch::Alarm"))
    treated = {one["TreatMissingData"] for one in alarms(production).values()}
    assert treated == {"notBreaching"}


def test_the_settings_shape_alarms_and_waits() -> None:
    template = endpoint(
        canary_wait_seconds=240, alarm_minutes=3, maximum_error_rate=0.2, maximum_latency_ms=50
    )
    policy = resource(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"][
        "BlueGreenUpdatePolicy"
    ]
    assert policy["TrafficRoutingConfiguration"]["WaitIntervalInSeconds"] == 240
    assert policy["TerminationWaitInSeconds"] == 240
    assert policy["MaximumExecutionTimeoutInSeconds"] > 2 * 240
    found = alarms(template)
    assert {one["EvaluationPeriods"] for one in found.values()} == {3}
    assert found["InvocationModelErrors"]["Threshold"] == 0.2
    assert found["ModelLatency"]["Threshold"] == 50_000


def test_production_can_be_serverless() -> None:
    template = endpoint(instance_type=None, canary=False, network_isolation=False)
    variant = resource(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    assert "ServerlessConfig" in variant
    assert "DeploymentConfig" not in resource(template, "AWS::SageMaker::Endpoint")
    assert resources(template, "AWS::CloudWatch::Alarm") == []


def test_a_sandbox_can_run_on_instances_with_a_canary() -> None:
    template = endpoint(
        SANDBOX, instance_type="ml.m5.large", minimum_instances=2, maximum_instances=2, canary=True
    )
    variant = resource(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 2)
    assert len(alarms(template)) == 4


def test_a_count_that_nothing_scales_is_the_settings() -> None:
    template = endpoint(maximum_instances=2)
    assert "RetainAllVariantProperties" not in resource(template, "AWS::SageMaker::Endpoint")


def test_an_isolated_model_reaches_no_network(production: Template) -> None:
    assert resource(production, "AWS::SageMaker::Model")["EnableNetworkIsolation"] is True
    assert "EnableNetworkIsolation" not in resource(endpoint(SANDBOX), "AWS::SageMaker::Model")


def test_nothing_is_captured_unless_it_is_asked_for(production: Template) -> None:
    assert "DataCaptureConfig" not in resource(production, "AWS::SageMaker::EndpointConfig")


def test_a_share_is_captured_in_the_data_bucket() -> None:
    config = resource(endpoint(data_capture_percent=20), "AWS::SageMaker::EndpointConfig")
    capture = config["DataCaptureConfig"]
    assert (capture["EnableCapture"], capture["InitialSamplingPercentage"]) == (True, 20)
    assert capture["DestinationS3Uri"] == "s3://data/captures"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data_capture_percent": 5}, r"serverless inference does not support data capture"),
        ({"data_capture_percent": 101}, r"data_capture_percent=101: must be 0 to 100"),
        ({"network_isolation": True}, r"serverless inference does not support it; set it to False"),
        ({"canary_wait_seconds": 119}, r"canary_wait_seconds=119: must be 120 to 3600"),
        ({"canary_wait_seconds": 3601}, r"canary_wait_seconds=3601: must be 120 to 3600"),
        ({"alarm_minutes": 5}, r"canary_wait_seconds=300: must be 360 to 3600, because 5 whole"),
        ({"alarm_minutes": 0}, r"alarm_minutes=0: must be at least 1"),
        ({"maximum_error_rate": 0.0}, r"maximum_error_rate=0.0: must be above 0"),
        ({"maximum_latency_ms": 60_001}, r"maximum_latency_ms=60001: must be 1 to 60000"),
    ],
)
def test_what_no_rollout_can_do_stops_synth(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(TierError, match=words):
        TierSettings(hosting=HostingSettings(**changes))
