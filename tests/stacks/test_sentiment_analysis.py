"""Stack {tier}-SentimentAnalysis."""

import json
from typing import Any

import pytest

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


def test_bodies_are_never_logged(tier: TierTemplates) -> None:
    (settings,) = resource(tier.sentiment_analysis, "AWS::ApiGateway::Stage")["MethodSettings"]
    assert settings["DataTraceEnabled"] is False


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
