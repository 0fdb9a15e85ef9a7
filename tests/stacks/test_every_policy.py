"""Every policy statement of every stack: no action and no resource is named by a bare `*`."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_cdk.assertions import Template

from tests.stacks.conftest import TierTemplates, as_list

EVERYWHERE = {
    "cloudwatch:PutMetricData": "CloudWatch knows no resource for it; the namespace is a condition",
    "ecr:GetAuthorizationToken": "a token is the account's, not an image's",
    "xray:PutTelemetryRecords": "X-Ray knows no resource for it",
    "xray:PutTraceSegments": "the same",
    "ec2:AssignPrivateIpAddresses": "Lambda in a VPC; EC2 knows no resource for most of these",
    "ec2:CreateNetworkInterface": "the same",
    "ec2:DeleteNetworkInterface": "the same",
    "ec2:DescribeNetworkInterfaces": "the same",
    "ec2:DescribeSubnets": "the same",
    "ec2:CreateNetworkInterfacePermission": "SageMaker in a VPC; the same",
    "ec2:DeleteNetworkInterfacePermission": "the same",
    "ec2:DescribeDhcpOptions": "the same",
    "ec2:DescribeSecurityGroups": "the same",
    "ec2:DescribeVpcs": "the same",
    "ec2:UnassignPrivateIpAddresses": "the same",
}
"""Actions that are allowed on `*`, and why they cannot be allowed on less."""


def statements(template: Template) -> Iterator[Mapping[str, Any]]:
    """Of identity policies: those of roles, and those that are resources of their own."""
    for resource in template.to_json()["Resources"].values():
        properties = resource.get("Properties", {})
        documents = [properties.get("PolicyDocument")] if "IAM" in resource["Type"] else []
        documents += [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
        for document in filter(None, documents):
            yield from document["Statement"]


def resource_statements(template: Template) -> Iterator[Mapping[str, Any]]:
    """Of resources' own policies: buckets, topics, keys."""
    for resource in template.to_json()["Resources"].values():
        properties = resource.get("Properties", {})
        for name in ("PolicyDocument", "KeyPolicy"):
            if "IAM" not in resource["Type"] and name in properties:
                yield from properties[name]["Statement"]


def trust_statements(template: Template) -> Iterator[Mapping[str, Any]]:
    for resource in template.find_resources("AWS::IAM::Role").values():
        yield from resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]


def test_every_statement_allows_named_actions(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for statement in statements(template):
            assert statement["Effect"] == "Allow"
            for action in as_list(statement["Action"]):
                assert "*" not in action, statement


def test_star_is_the_resource_of_listed_actions_alone(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for statement in statements(template):
            if "*" in as_list(statement["Resource"]):
                assert set(as_list(statement["Action"])) <= EVERYWHERE.keys(), statement


def test_no_managed_policy_is_attached(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for role in template.find_resources("AWS::IAM::Role").values():
            assert not role["Properties"].get("ManagedPolicyArns")


def test_services_assume_roles_for_this_account_only(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for statement in trust_statements(template):
            # One role for the gateway's logs of the whole account: stacks/role_rules.py says why.
            if statement["Principal"] == {"Service": "apigateway.amazonaws.com"}:
                continue
            condition = statement["Condition"]["StringEquals"]
            assert condition["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}


def test_everybody_is_only_ever_denied(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for statement in resource_statements(template):
            if statement["Effect"] == "Allow":
                assert statement["Principal"] not in ("*", {"AWS": "*"}), statement


def test_training_and_hosting_have_roles_of_their_own(any_tier: TierTemplates) -> None:
    job = next(iter(any_tier.machine_learning.find_resources("Custom::TrainingJob").values()))
    model = next(iter(any_tier.machine_learning.find_resources("AWS::SageMaker::Model").values()))
    assert job["Properties"]["RoleArn"] != model["Properties"]["ExecutionRoleArn"]


def test_everything_that_can_be_tagged_says_whose_it_is(any_tier: TierTemplates) -> None:
    for template in any_tier.all:
        for kind in ("AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::SageMaker::Endpoint"):
            for name, resource in template.find_resources(kind).items():
                # The CDK's own function, whose resource it writes out.
                if not name.startswith("CustomS3AutoDelete"):
                    assert "tier" in [tag["Key"] for tag in resource["Properties"]["Tags"]]
