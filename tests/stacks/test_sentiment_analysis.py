"""Stack {tier}-SentimentAnalysis."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template

from lambdas.sentiment_api.limits import MAX_TEXTS
from tests.stacks.conftest import (
    TierTemplates,
    arn_text,
    as_list,
    resource,
    resources,
    statement_for,
)


def method(templates: TierTemplates, verb: str, path: str) -> dict[str, Any]:
    parts = templates.sentiment_analysis.find_resources(
        "AWS::ApiGateway::Resource", {"Properties": {"PathPart": path}}
    )
    (found,) = (
        m["Properties"]
        for m in resources(templates.sentiment_analysis, "AWS::ApiGateway::Method")
        if m["Properties"]["HttpMethod"] == verb
        and m["Properties"]["ResourceId"].get("Ref") in parts
    )
    return dict(found)


def test_function_may_invoke_this_tiers_endpoint_only(sandbox: TierTemplates) -> None:
    statement = statement_for(sandbox.sentiment_analysis, "sagemaker:InvokeEndpoint")
    names = [arn_text(arn).rsplit(":", 1)[1] for arn in as_list(statement["Resource"])]
    assert names == ["endpoint/Sandbox-sentiment", "endpoint/sandbox-sentiment"]


def test_function_may_read_the_models_descriptions_only(sandbox: TierTemplates) -> None:
    statement = statement_for(sandbox.sentiment_analysis, "ssm:GetParameters")
    names = [arn_text(arn).rsplit(":", 1)[1] for arn in as_list(statement["Resource"])]
    assert names == [
        "parameter/Sandbox/sentiment/model",
        "parameter/Sandbox/sentiment/model-coming",
    ]


def test_labelling_needs_a_key(tier: TierTemplates) -> None:
    assert method(tier, "POST", "sentiment")["ApiKeyRequired"] is True


def test_labelling_in_production_needs_a_signature(production: TierTemplates) -> None:
    assert method(production, "POST", "sentiment")["AuthorizationType"] == "AWS_IAM"


@pytest.mark.parametrize("path", ["health", "openapi.json"])
def test_route_is_open(tier: TierTemplates, path: str) -> None:
    route = method(tier, "GET", path)
    assert (route["AuthorizationType"], route.get("ApiKeyRequired", False)) == ("NONE", False)


def test_function_answers_before_the_gateway_gives_up(tier: TierTemplates) -> None:
    function = resource(tier.sentiment_analysis, "AWS::Lambda::Function")
    integration = method(tier, "POST", "sentiment")["Integration"]
    assert function["Timeout"] * 1000 < integration["TimeoutInMillis"] <= 29_000


def test_gateway_enforces_the_number_of_texts(tier: TierTemplates) -> None:
    schema = resource(tier.sentiment_analysis, "AWS::ApiGateway::Model")["Schema"]
    instances = schema["properties"]["instances"]
    assert (instances["minItems"], instances["maxItems"]) == (1, MAX_TEXTS)


def method_settings(template: Template) -> dict[str, dict[str, Any]]:
    """By path and method, as CloudFormation writes paths: `~1` for a slash."""
    stage = resource(template, "AWS::ApiGateway::Stage")
    return {f"{one['ResourcePath']} {one['HttpMethod']}": one for one in stage["MethodSettings"]}


def limits(template: Template) -> dict[str, tuple[int, int]]:
    """The stage's rate and burst of each route."""
    return {
        route: (one["ThrottlingRateLimit"], one["ThrottlingBurstLimit"])
        for route, one in method_settings(template).items()
    }


def test_bodies_are_never_logged(tier: TierTemplates) -> None:
    settings = method_settings(tier.sentiment_analysis)
    assert settings["/* *"]["DataTraceEnabled"] is False
    assert not any(one.get("DataTraceEnabled") for one in settings.values())


def test_open_routes_have_small_limits_of_their_own(sandbox: TierTemplates) -> None:
    assert limits(sandbox.sentiment_analysis) == {
        "/* *": (5, 10),
        "/~1health GET": (5, 10),
        "/~1openapi.json GET": (5, 10),
        "/~1sentiment POST": (50, 100),
    }


def test_labelling_has_the_tiers_limit(production: TierTemplates) -> None:
    assert limits(production.sentiment_analysis)["/~1sentiment POST"] == (500, 1000)


@pytest.mark.parametrize("path", ["sentiment", "health", "openapi.json", "{proxy+}"])
def test_function_answers_every_other_method(tier: TierTemplates, path: str) -> None:
    route = method(tier, "ANY", path)
    assert (route["AuthorizationType"], route.get("ApiKeyRequired", False)) == ("NONE", False)
    assert route["Integration"]["Type"] == "AWS_PROXY"


def test_function_knows_what_the_gateway_asks_for(tier: TierTemplates) -> None:
    function = resource(tier.sentiment_analysis, "AWS::Lambda::Function")
    expected = "iam" if is_signed(tier) else "api-key"
    assert function["Environment"]["Variables"]["AUTHORIZATION"] == expected


def is_signed(tier: TierTemplates) -> bool:
    return bool(method(tier, "POST", "sentiment")["AuthorizationType"] == "AWS_IAM")


def gateway_responses(template: Template) -> dict[str, dict[str, Any]]:
    found = resources(template, "AWS::ApiGateway::GatewayResponse")
    return {one["Properties"]["ResponseType"]: dict(one["Properties"]) for one in found}


def retry_after(response: Mapping[str, Any]) -> str | None:
    header: str | None = response["ResponseParameters"].get("gatewayresponse.header.Retry-After")
    return header


def test_used_up_quota_is_not_worth_another_try_within_the_hour(tier: TierTemplates) -> None:
    responses = gateway_responses(tier.sentiment_analysis)
    assert retry_after(responses["QUOTA_EXCEEDED"]) == "'3600'"
    assert "00:00 UTC" in responses["QUOTA_EXCEEDED"]["ResponseTemplates"]["application/json"]
    assert retry_after(responses["THROTTLED"]) == "'1'"


def test_throttled_function_is_503_with_retry_after(tier: TierTemplates) -> None:
    response = gateway_responses(tier.sentiment_analysis)["API_CONFIGURATION_ERROR"]
    assert (response["StatusCode"], retry_after(response)) == ("503", "'5'")


def test_missing_signature_is_401_with_its_scheme(production: TierTemplates) -> None:
    response = gateway_responses(production.sentiment_analysis)["MISSING_AUTHENTICATION_TOKEN"]
    scheme = response["ResponseParameters"]["gatewayresponse.header.WWW-Authenticate"]
    assert (response["StatusCode"], scheme) == ("401", "'AWS4-HMAC-SHA256'")


def test_without_origins_no_refusal_speaks_of_them(tier: TierTemplates) -> None:
    assert "Access-Control" not in json.dumps(gateway_responses(tier.sentiment_analysis))


def test_key_has_no_value_in_the_template(tier: TierTemplates) -> None:
    assert "Value" not in resource(tier.sentiment_analysis, "AWS::ApiGateway::ApiKey")


def test_usage_plan_throttles(sandbox: TierTemplates) -> None:
    plan = resource(sandbox.sentiment_analysis, "AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 25, "BurstLimit": 50}
    assert plan["Quota"] == {"Limit": 10_000, "Period": "DAY"}


def test_gateways_own_refusals_are_problem_details(tier: TierTemplates) -> None:
    for refusal in resources(tier.sentiment_analysis, "AWS::ApiGateway::GatewayResponse"):
        rendered = refusal["Properties"]["ResponseTemplates"]["application/json"]
        problem = json.loads(rendered.replace("$context.error.messageString", '"message"'))
        assert {"type", "title", "detail"} <= problem.keys()
        assert (
            refusal["Properties"]["ResponseParameters"]["gatewayresponse.header.Content-Type"]
            == "'application/problem+json'"
        )


def test_no_parameter_of_the_model_is_imported(tier: TierTemplates) -> None:
    # A retraining must never be blocked by this stack.
    assert "Fn::ImportValue" not in json.dumps(tier.sentiment_analysis.to_json())
