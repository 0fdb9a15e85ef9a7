"""The tier's own key: what it encrypts, who may use it, and that a tier can do without."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from aws_cdk.assertions import Template

from tests.stacks.conftest import (
    TierTemplates,
    as_list,
    data_bucket,
    policy_statements,
    resource,
    resources,
)

KEY_PARAMETER = "/Production/sentiment/key"


def uses_of_the_key(template: Template) -> Iterator[Mapping[str, Any]]:
    for statement in policy_statements(template):
        if any(str(action).startswith("kms:") for action in as_list(statement["Action"])):
            yield statement


def test_sandbox_pays_for_no_key(sandbox: TierTemplates) -> None:
    for template in sandbox.all:
        assert not resources(template, "AWS::KMS::Key")
        assert not list(uses_of_the_key(template))


def test_key_is_rotated_and_outlives_the_stack(production: TierTemplates) -> None:
    (key,) = resources(production.training, "AWS::KMS::Key")
    assert key["Properties"]["EnableKeyRotation"] is True
    assert key["DeletionPolicy"] == "Retain"


def test_data_bucket_is_encrypted_with_the_key(production: TierTemplates) -> None:
    bucket = data_bucket(production.training)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["BucketKeyEnabled"] is True
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_every_log_group_is_encrypted_with_the_key(production: TierTemplates) -> None:
    for template in production.all:
        for group in resources(template, "AWS::Logs::LogGroup"):
            assert group["Properties"]["KmsKeyId"]


def test_other_stacks_find_the_key_by_its_parameter(production: TierTemplates) -> None:
    named = production.machine_learning.to_json()["Parameters"].values()
    assert KEY_PARAMETER in [one.get("Default") for one in named]
    parameter = resource(production.training, "AWS::SSM::Parameter")
    assert parameter["Name"] == KEY_PARAMETER


def test_services_use_the_key_for_this_account_alone(
    production: TierTemplates,
) -> None:
    policy = resource(production.training, "AWS::KMS::Key")["KeyPolicy"]
    of_services = [one for one in policy["Statement"] if "Service" in one["Principal"]]
    assert [list(one["Condition"]) for one in of_services] == [["ArnLike"], ["StringEquals"]]


def test_whoever_uses_the_key_does_so_through_s3_or_for_a_volume(
    production: TierTemplates,
) -> None:
    for template in production.all:
        for statement in uses_of_the_key(template):
            condition = statement["Condition"]
            if "kms:CreateGrant" in as_list(statement["Action"]):
                assert condition == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
            else:
                assert "kms:ViaService" in condition["StringEquals"]
            assert "*" not in as_list(statement["Resource"])


def test_training_job_encrypts_its_volume(production: TierTemplates) -> None:
    job = resource(production.machine_learning, "Custom::TrainingJob")
    assert job["KmsKeyId"]
    assert job["EnableNetworkIsolation"] == "true"


def test_endpoint_encrypts_its_volumes(production: TierTemplates) -> None:
    assert resource(production.machine_learning, "AWS::SageMaker::EndpointConfig")["KmsKeyId"]


def test_access_to_the_data_is_logged_in_a_bucket_of_its_own(production: TierTemplates) -> None:
    bucket = data_bucket(production.training)
    assert bucket["LoggingConfiguration"]["DestinationBucketName"]


def test_sandbox_keeps_no_access_logs(sandbox: TierTemplates) -> None:
    assert "LoggingConfiguration" not in data_bucket(sandbox.training)


@pytest.mark.parametrize("prefix", ["raw/", "evaluations/", "captures/"])
def test_review_text_expires(tier: TierTemplates, prefix: str) -> None:
    rules = data_bucket(tier.training)["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if rule.get("Prefix") == prefix]
    assert (rule["ExpirationInDays"], rule["Status"]) == (365, "Enabled")
