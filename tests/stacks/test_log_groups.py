"""Whatever of a tier writes logs writes them to a group that is kept as long as the tier says."""

from collections.abc import Mapping
from typing import Any

from aws_cdk.assertions import Template

from stacks.sentiment_analysis import STAGE
from tests.stacks.conftest import TierTemplates, resource, resources


def groups(template: Template) -> Mapping[str, Mapping[str, Any]]:
    """The log groups, by their names in the template."""
    return template.find_resources("AWS::Logs::LogGroup")


def test_every_function_has_a_group_of_its_stack(tier: TierTemplates) -> None:
    for template in tier.all:
        for function in resources(template, "AWS::Lambda::Function"):
            group = function["Properties"]["LoggingConfig"]["LogGroup"]
            assert group["Ref"] in groups(template), function


def test_the_cdks_own_function_is_one_of_them(sandbox: TierTemplates) -> None:
    functions = sandbox.training.find_resources("AWS::Lambda::Function")
    assert [name for name in functions if name.startswith("CustomS3AutoDeleteObjects")]


def test_every_group_is_kept_as_long_as_the_tier_says(
    sandbox: TierTemplates, production: TierTemplates
) -> None:
    for tier, days in ((sandbox, 7), (production, 90)):
        for template in tier.all:
            for group in groups(template).values():
                assert group["Properties"]["RetentionInDays"] == days


def test_every_group_of_production_is_encrypted_with_its_key(production: TierTemplates) -> None:
    for template in production.all:
        for group in groups(template).values():
            assert group["Properties"]["KmsKeyId"]


def test_endpoints_group_is_there_before_the_endpoint(tier: TierTemplates) -> None:
    (endpoint,) = resources(tier.machine_learning, "AWS::SageMaker::Endpoint")
    ((name, group),) = groups(tier.machine_learning).items()
    assert group["Properties"]["LogGroupName"] == (
        f"/aws/sagemaker/Endpoints/{endpoint['Properties']['EndpointName']}"
    )
    assert name in endpoint["DependsOn"]


def test_a_group_whose_name_is_sagemakers_goes_with_the_tier(production: TierTemplates) -> None:
    # It would be in the way of the next tier of that name.
    ((_, group),) = groups(production.machine_learning).items()
    assert group["DeletionPolicy"] == "Delete"


def test_gateway_writes_no_execution_log(tier: TierTemplates) -> None:
    # API Gateway would make their group itself, and keep it for ever.
    stage = resource(tier.sentiment_analysis, "AWS::ApiGateway::Stage")
    assert stage["StageName"] == STAGE
    for setting in stage["MethodSettings"]:
        assert setting.get("LoggingLevel", "OFF") == "OFF"
        assert not setting.get("DataTraceEnabled")


def test_state_machines_write_no_log_of_their_own(tier: TierTemplates) -> None:
    for machine in resources(tier.training, "AWS::StepFunctions::StateMachine"):
        configured = machine["Properties"].get("LoggingConfiguration", {})
        assert configured.get("Level", "OFF") == "OFF" or configured["Destinations"]
