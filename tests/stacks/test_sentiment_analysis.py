"""Stack {tier}-SentimentAnalysis."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
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
    synthesize,
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


def test_function_may_read_the_models_words_only(tier: TierTemplates) -> None:
    statement = statement_for(tier.sentiment_analysis, "s3:GetObject")
    assert "DataBucket" in str(statement["Resource"])
    assert str(statement["Resource"]).endswith("'/vocabularies/*']]}")
    function = resource(tier.sentiment_analysis, "AWS::Lambda::Function")
    bucket = function["Environment"]["Variables"]["DATA_BUCKET"]
    assert str(bucket) in str(statement["Resource"])


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
    # A retraining must never be blocked by this stack. The bucket's name never changes.
    template = json.dumps(tier.sentiment_analysis.to_json())
    imported = set(re.findall(r'"Fn::ImportValue": "([^"]+)"', template))
    (name,) = imported
    assert re.fullmatch(r"\w+-TrainingJob:ExportsOutputRefDataBucket\w+", name)


# --- every setting switched on ----------------------------------------------------------


ORIGINS = ["https://app.example.com", "https://www.example.com"]
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
EVERYTHING = {
    "authorization": "none",
    "open_to_everyone": True,
    "cors_origins": ORIGINS,
    "tracing": True,
    "reserved_concurrency": 7,
    "access_logs": True,
    "firewall": True,
    "firewall_requests": 600,
    "domain_name": "api.example.com",
    "certificate_arn": CERTIFICATE,
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The API of a tier that has every setting."""
    own = {"Everything": {"settings": "Sandbox", "api": EVERYTHING}}
    output = tmp_path_factory.mktemp("everything")
    return synthesize("Everything", output, own=own).sentiment_analysis


def variables(template: Template) -> Mapping[str, str]:
    found: Mapping[str, str] = resource(template, "AWS::Lambda::Function")["Environment"][
        "Variables"
    ]
    return found


def test_open_api_has_neither_key_nor_plan(everything: Template) -> None:
    everything.resource_count_is("AWS::ApiGateway::ApiKey", 0)
    everything.resource_count_is("AWS::ApiGateway::UsagePlan", 0)
    everything.has_resource_properties(
        "AWS::ApiGateway::Method",
        {"HttpMethod": "POST", "AuthorizationType": "NONE", "ApiKeyRequired": False},
    )
    assert variables(everything)["AUTHORIZATION"] == "none"


def test_function_knows_the_origins(everything: Template, sandbox: TierTemplates) -> None:
    assert variables(everything)["CORS_ORIGINS"].split() == ORIGINS
    assert "CORS_ORIGINS" not in variables(sandbox.sentiment_analysis)


def test_every_refusal_can_be_read_by_pages_of_the_origins(everything: Template) -> None:
    origin = "gatewayresponse.header.Access-Control-Allow-Origin"
    found = {
        one["ResponseParameters"].get(origin) for one in gateway_responses(everything).values()
    }
    assert found == {"method.request.header.Origin"}


def test_refusals_name_the_only_origin(tmp_path: Path) -> None:
    own = {"One": {"settings": "Sandbox", "api": {"cors_origins": ORIGINS[:1]}}}
    template = synthesize("One", tmp_path, own=own).sentiment_analysis
    origin = "gatewayresponse.header.Access-Control-Allow-Origin"
    refusals = gateway_responses(template).values()
    found = {one["ResponseParameters"].get(origin) for one in refusals}
    assert found == {f"'{ORIGINS[0]}'"}


def test_tracing_follows_gateway_and_function(
    production: TierTemplates, sandbox: TierTemplates
) -> None:
    def traced(tier: TierTemplates) -> tuple[object, object]:
        stage = resource(tier.sentiment_analysis, "AWS::ApiGateway::Stage")
        function = resource(tier.sentiment_analysis, "AWS::Lambda::Function")
        return stage.get("TracingEnabled", False), function.get("TracingConfig", {}).get("Mode")

    assert traced(production) == (True, "Active")
    assert traced(sandbox) == (False, None)


def reserved(template: Template) -> int | None:
    found: int | None = resource(template, "AWS::Lambda::Function").get(
        "ReservedConcurrentExecutions"
    )
    return found


def test_concurrency_is_reserved_where_the_tier_says_so(
    everything: Template, sandbox: TierTemplates
) -> None:
    assert (reserved(everything), reserved(sandbox.sentiment_analysis)) == (7, None)


def test_access_log_is_kept_as_long_as_the_tiers_others(production: TierTemplates) -> None:
    groups = resources(production.sentiment_analysis, "AWS::Logs::LogGroup")
    assert {one["Properties"]["RetentionInDays"] for one in groups} == {90}
    assert len(groups) == 2


def test_access_log_is_json_without_what_a_caller_wrote(production: TierTemplates) -> None:
    stage = resource(production.sentiment_analysis, "AWS::ApiGateway::Stage")
    line = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"requestId", "route", "status", "refusal"} <= line.keys()
    written_by_callers = ("$context.path", "message", "userAgent", "header", "body")
    assert not [v for v in line.values() if any(word in v for word in written_by_callers)]


def test_role_for_logs_outlives_the_tier(production: TierTemplates) -> None:
    (account,) = resources(production.sentiment_analysis, "AWS::ApiGateway::Account")
    assert account["DeletionPolicy"] == "Retain"
    role = account["Properties"]["CloudWatchRoleArn"]["Fn::GetAtt"][0]
    roles = production.sentiment_analysis.find_resources("AWS::IAM::Role")
    assert roles[role]["DeletionPolicy"] == "Retain"


def test_sandbox_touches_nothing_of_the_account(sandbox: TierTemplates) -> None:
    sandbox.sentiment_analysis.resource_count_is("AWS::ApiGateway::Account", 0)
    stage = resource(sandbox.sentiment_analysis, "AWS::ApiGateway::Stage")
    assert "AccessLogSetting" not in stage


def test_account_that_has_a_role_keeps_it(tmp_path: Path) -> None:
    own = {"Own": {"settings": "Production", "api": {"account_log_role": False}}}
    template = synthesize("Own", tmp_path, own=own).sentiment_analysis
    template.resource_count_is("AWS::ApiGateway::Account", 0)
    assert "AccessLogSetting" in resource(template, "AWS::ApiGateway::Stage")


def firewall_rules(template: Template) -> dict[str, Mapping[str, Any]]:
    acl = resource(template, "AWS::WAFv2::WebACL")
    return {rule["Name"]: rule for rule in acl["Rules"]}


def test_firewall_blocks_an_address_by_its_rate(everything: Template) -> None:
    rule = firewall_rules(everything)["RateOfAnAddress"]
    statement = rule["Statement"]["RateBasedStatement"]
    assert "Block" in rule["Action"]
    assert (statement["Limit"], statement["AggregateKeyType"]) == (600, "IP")


def test_firewall_counts_what_reviews_would_break(everything: Template) -> None:
    group = firewall_rules(everything)["CommonRules"]["Statement"]["ManagedRuleGroupStatement"]
    counted = {one["Name"] for one in group["RuleActionOverrides"] if "Count" in one["ActionToUse"]}
    assert group["Name"] == "AWSManagedRulesCommonRuleSet"
    assert counted == {"SizeRestrictions_BODY", "CrossSiteScripting_BODY"}


def test_firewall_keeps_no_samples_of_requests(everything: Template) -> None:
    acl = resource(everything, "AWS::WAFv2::WebACL")
    seen = [one["VisibilityConfig"] for one in (acl, *acl["Rules"])]
    assert {one["SampledRequestsEnabled"] for one in seen} == {False}


def test_firewall_stands_before_the_stage(everything: Template) -> None:
    association = resource(everything, "AWS::WAFv2::WebACLAssociation")
    (stage,) = everything.find_resources("AWS::ApiGateway::Stage")
    assert f"/stages/<{stage}>" in arn_text(association["ResourceArn"])


def test_no_firewall_and_no_domain_unless_asked_for(tier: TierTemplates) -> None:
    for kind in ("WAFv2::WebACL", "WAFv2::WebACLAssociation", "ApiGateway::DomainName"):
        tier.sentiment_analysis.resource_count_is(f"AWS::{kind}", 0)


def test_domain_speaks_tls_1_2_or_later(everything: Template) -> None:
    domain = resource(everything, "AWS::ApiGateway::DomainName")
    assert (domain["DomainName"], domain["SecurityPolicy"]) == ("api.example.com", "TLS_1_2")
    assert domain["RegionalCertificateArn"] == CERTIFICATE


def test_domain_leads_to_the_stage_without_its_name_in_the_path(everything: Template) -> None:
    mapping = resource(everything, "AWS::ApiGateway::BasePathMapping")
    (stage,) = everything.find_resources("AWS::ApiGateway::Stage")
    assert (mapping["Stage"], mapping.get("BasePath")) == ({"Ref": stage}, None)


def test_output_says_what_the_dns_record_points_at(everything: Template) -> None:
    outputs = everything.find_outputs("*")
    assert outputs["ApiDomainUrl"]["Value"] == "https://api.example.com/"
    assert outputs["ApiDomainTarget"]["Value"]["Fn::GetAtt"][1] == "RegionalDomainName"
