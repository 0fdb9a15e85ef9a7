"""Stack {tier}-Operations."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template

from stacks.repository import ROOT
from stacks.settings.operations import OperationsSettings
from stacks.tiers import TierError, TierSettings
from tests.stacks.conftest import TierTemplates, arn_text, as_list, resource, resources
from tier_layout.names import TierNames

ALARMS = {"ApiErrors", "ApiLatency", "FunctionErrors", "FunctionThrottles", "EndpointErrors"}
RULES = {"TrainingFailed", "TuningFailed", "ModelRefused", "PreparationFailed"}


def alarms(template: Template) -> dict[str, Mapping[str, Any]]:
    """The metric alarms, by their name without the tier's."""
    found = [one["Properties"] for one in resources(template, "AWS::CloudWatch::Alarm")]
    return {one["AlarmName"].partition("-")[2]: one for one in found}


def rules(template: Template) -> dict[str, Mapping[str, Any]]:
    """The rules for events, by their name without the tier's."""
    found = [one["Properties"] for one in resources(template, "AWS::Events::Rule")]
    return {one["Name"].partition("-")[2]: one for one in found}


def topic(template: Template) -> dict[str, str]:
    """What refers to the topic."""
    (name,) = template.find_resources("AWS::SNS::Topic")
    return {"Ref": name}


def dashboard(template: Template) -> str:
    """The dashboard's body, with `<name>` for what CloudFormation fills in."""
    return arn_text(resource(template, "AWS::CloudWatch::Dashboard")["DashboardBody"])


def dimensions(alarm: Mapping[str, Any]) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in alarm["Dimensions"]}


def test_every_alarm_tells_the_topic_when_it_begins_and_ends(tier: TierTemplates) -> None:
    found = alarms(tier.operations)
    for name in ALARMS:
        assert found[name]["AlarmActions"] == [topic(tier.operations)]
        assert found[name]["OKActions"] == [topic(tier.operations)]


def test_every_alarm_and_rule_names_a_place_that_says_what_to_do(tier: TierTemplates) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    headings = {heading.lower() for heading in re.findall(r"^### (\w+)$", page, re.MULTILINE)}
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::Events::Rule")
    for kind in kinds:
        for one in resources(tier.operations, kind):
            named = re.findall(r"docs/operations\.md#(\w+)", json.dumps(one))
            assert named
            assert set(named) <= headings


def test_api_errors_are_a_rate_that_lasts(production: TierTemplates) -> None:
    alarm = alarms(production.operations)["ApiErrors"]
    assert (alarm["MetricName"], alarm["Statistic"], alarm["Threshold"]) == (
        "5XXError", "Average", 0.05,
    )  # fmt: skip
    assert alarm["Period"] * alarm["EvaluationPeriods"] == 900


def test_latency_is_a_percentile_of_the_settings(production: TierTemplates) -> None:
    alarm = alarms(production.operations)["ApiLatency"]
    assert (alarm["ExtendedStatistic"], alarm["Threshold"]) == ("p95", 3000)


def test_silence_after_a_busy_day_is_told_and_neither_half_alone(tier: TierTemplates) -> None:
    found = alarms(tier.operations)
    assert "AlarmActions" not in found["BusyDay"]
    assert "AlarmActions" not in found["SilentHour"]
    both = resource(tier.operations, "AWS::CloudWatch::CompositeAlarm")
    assert both["AlarmActions"] == [topic(tier.operations)]
    assert re.fullmatch(
        r'\(ALARM\("<MetricsBusyDay\w+\.Arn>"\) AND ALARM\("<MetricsSilentHour\w+\.Arn>"\)\)',
        arn_text(both["AlarmRule"]),
    )


def test_an_hour_of_which_the_gateway_says_nothing_is_silent(tier: TierTemplates) -> None:
    alarm = alarms(tier.operations)["SilentHour"]
    assert (alarm["TreatMissingData"], alarm["Period"]) == ("breaching", 3600)


def test_a_busy_day_is_one_day(tier: TierTemplates) -> None:
    alarm = alarms(tier.operations)["BusyDay"]
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == (86_400, 1, 2_400)


@pytest.mark.parametrize("name", sorted(ALARMS))
def test_without_traffic_nothing_is_wrong(tier: TierTemplates, name: str) -> None:
    assert alarms(tier.operations)[name]["TreatMissingData"] == "notBreaching"


def test_serverless_endpoints_publish_only_what_they_answered(sandbox: TierTemplates) -> None:
    assert alarms(sandbox.operations)["EndpointErrors"]["MetricName"] == "Invocation5XXErrors"


def test_instances_publish_whatever_the_container_did_wrong(production: TierTemplates) -> None:
    assert alarms(production.operations)["EndpointErrors"]["MetricName"] == "InvocationModelErrors"


def test_api_alarms_watch_the_api_that_is_deployed(tier: TierTemplates) -> None:
    watched = dimensions(alarms(tier.operations)["ApiErrors"])
    api = resource(tier.sentiment_analysis, "AWS::ApiGateway::RestApi")
    stage = resource(tier.sentiment_analysis, "AWS::ApiGateway::Stage")
    assert watched == {"ApiName": api["Name"], "Stage": stage["StageName"]}


def test_function_alarms_watch_the_function_that_is_deployed(tier: TierTemplates) -> None:
    functions = resources(tier.sentiment_analysis, "AWS::Lambda::Function")
    watched = dimensions(alarms(tier.operations)["FunctionErrors"])
    assert watched["FunctionName"] in [one["Properties"].get("FunctionName") for one in functions]


def test_endpoint_alarms_watch_the_endpoint_that_is_deployed(tier: TierTemplates) -> None:
    endpoint = resource(tier.machine_learning, "AWS::SageMaker::Endpoint")
    (config,) = resources(tier.machine_learning, "AWS::SageMaker::EndpointConfig")
    (variant,) = config["Properties"]["ProductionVariants"]
    assert dimensions(alarms(tier.operations)["EndpointErrors"]) == {
        "EndpointName": endpoint["EndpointName"],
        "VariantName": variant["VariantName"],
    }


def test_preparations_are_of_the_job_that_is_deployed(tier: TierTemplates) -> None:
    (job,) = rules(tier.operations)["PreparationFailed"]["EventPattern"]["detail"]["jobName"]
    assert resource(tier.data_preparation, "AWS::Glue::Job")["Name"] == job


def test_nothing_is_imported_or_exported(tier: TierTemplates) -> None:
    content = tier.operations.to_json()
    assert "Fn::ImportValue" not in json.dumps(content)
    assert [one for one in content["Outputs"].values() if "Export" in one] == []


def test_failed_trainings_are_those_of_the_tier(production: TierTemplates) -> None:
    pattern = rules(production.operations)["TrainingFailed"]["EventPattern"]
    prefix = f"{TierNames('Production').job_name_prefix}-"
    assert pattern == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Training Job State Change"],
        "detail": {"TrainingJobName": [{"prefix": prefix}], "TrainingJobStatus": ["Failed"]},
    }


def test_a_refused_model_is_one_of_the_tiers_own_stack(production: TierTemplates) -> None:
    detail = rules(production.operations)["ModelRefused"]["EventPattern"]["detail"]
    (stack,) = detail["stack-id"]
    assert arn_text(stack["prefix"]).endswith(":stack/Production-MachineLearningInfrastructure/")
    assert detail["resource-type"] == ["Custom::Evaluation", "AWS::SageMaker::Endpoint"]
    types = {one["Type"] for one in production.machine_learning.to_json()["Resources"].values()}
    assert types.issuperset(detail["resource-type"])


def test_every_rule_tells_the_topic(tier: TierTemplates) -> None:
    found = rules(tier.operations)
    assert found.keys() == RULES
    for rule in found.values():
        (target,) = rule["Targets"]
        assert target["Arn"] == topic(tier.operations)


def test_reasons_are_values_of_json(tier: TierTemplates) -> None:
    # A reason with quotes in it would break a text.
    for rule in rules(tier.operations).values():
        template = rule["Targets"][0]["InputTransformer"]["InputTemplate"]
        assert re.search(r'"reason":<[\w-]+>', template)


def test_only_services_on_behalf_of_this_account_publish(tier: TierTemplates) -> None:
    policy = resource(tier.operations, "AWS::SNS::TopicPolicy")["PolicyDocument"]
    (allowed,) = [one for one in policy["Statement"] if one["Effect"] == "Allow"]
    assert set(as_list(allowed["Principal"]["Service"])) == {
        "budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com",
    }  # fmt: skip
    assert allowed["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    }


def test_topic_takes_encrypted_connections_only(tier: TierTemplates) -> None:
    policy = resource(tier.operations, "AWS::SNS::TopicPolicy")["PolicyDocument"]
    (denied,) = [one for one in policy["Statement"] if one["Effect"] == "Deny"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_nobody_is_subscribed_without_an_address(tier: TierTemplates) -> None:
    (subscription,) = resources(tier.operations, "AWS::SNS::Subscription")
    condition = tier.operations.to_json()["Conditions"][subscription["Condition"]]
    assert condition == {"Fn::Not": [{"Fn::Equals": [{"Ref": "AlarmEmail"}, ""]}]}


@pytest.mark.parametrize(
    ("address", "fits"),
    [("", True), ("ops@example.org", True), ("ops", False), ("ops@x", False), ("a b@c.d", False)],
)  # fmt: skip
def test_address_is_one_or_none(production: TierTemplates, address: str, fits: bool) -> None:
    pattern = production.operations.to_json()["Parameters"]["AlarmEmail"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, address)) == fits


def test_address_is_a_persons(production: TierTemplates) -> None:
    owners = production.operations.to_json()["Metadata"]["ParameterOwners"]
    assert owners == {"AlarmEmail": {"owner": "person"}}


def test_budget_tells_before_and_when_it_is_spent(production: TierTemplates) -> None:
    budget = resource(production.operations, "AWS::Budgets::Budget")
    kinds = [
        one["Notification"]["NotificationType"] for one in budget["NotificationsWithSubscribers"]
    ]
    assert (kinds, budget["Budget"]["BudgetLimit"]["Amount"]) == (["FORECASTED", "ACTUAL"], 400)


def test_no_budget_is_none(sandbox: TierTemplates) -> None:
    assert resources(sandbox.operations, "AWS::Budgets::Budget") == []


@pytest.mark.parametrize(
    "asked",
    [
        '"Count"', '"p99"', "kind", "sentiment", '"Confidence"', '"Unsure"', '"Accuracy"',
        '"ModelLatency"', '"Throttles"', '"5XXError"',
    ],
)  # fmt: skip
def test_dashboard_shows(tier: TierTemplates, asked: str) -> None:
    assert asked in dashboard(tier.operations)


def test_dashboard_shows_instances_where_there_are_some(
    production: TierTemplates, sandbox: TierTemplates
) -> None:
    assert "InvocationsPerInstance" in dashboard(production.operations)
    assert "InvocationsPerInstance" not in dashboard(sandbox.operations)


def test_dashboard_shows_cold_starts_where_there_are_some(
    production: TierTemplates, sandbox: TierTemplates
) -> None:
    assert "ModelSetupTime" in dashboard(sandbox.operations)
    assert "ModelSetupTime" not in dashboard(production.operations)


def test_the_functions_own_metrics_are_those_that_it_publishes(production: TierTemplates) -> None:
    source = (ROOT / "lambdas" / "sentiment_api" / "observability.py").read_text(encoding="utf-8")
    published = set(re.findall(r'(?:name=|_count\()"(\w+)"', source))
    body = dashboard(production.operations)
    asked = set(re.findall(r'\["Sentiment","(\w+)"', body))
    asked |= set(re.findall(r'\{Sentiment,\w+,service\} MetricName=\\"(\w+)', body))
    assert asked >= {"Texts", "Errors", "Answers", "Confidence", "Unsure", "Accuracy"}
    assert asked <= published


def test_own_metrics_are_asked_of_the_service_that_the_function_is(tier: TierTemplates) -> None:
    (function,) = [
        one["Properties"]
        for one in resources(tier.sentiment_analysis, "AWS::Lambda::Function")
        if "POWERTOOLS_SERVICE_NAME"
        in one["Properties"].get("Environment", {}).get("Variables", {})
    ]
    service = function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
    assert f'"service","{service}"' in dashboard(tier.operations)


@pytest.mark.parametrize(
    "wrong",
    [{"slow_ms": 0}, {"slow_ms": 30_000}, {"busy_day_requests": 0}, {"monthly_budget_usd": -1}],
)  # fmt: skip
def test_settings_that_cannot_be_are_named(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(TierError, match=f"operations: {name}={wrong[name]}: must be"):
        TierSettings(operations=OperationsSettings(**wrong))  # type: ignore[arg-type]
