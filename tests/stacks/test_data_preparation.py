"""Stack {tier}-DataPreparation."""

from collections.abc import Mapping
from typing import Any

from stacks.glue_bundle import REQUIREMENTS
from stacks.tiers import find_tier
from tests.stacks.conftest import (
    TierTemplates,
    arn_text,
    as_list,
    data_bucket,
    policy_statements,
    resource,
    resources,
    statement_for,
)


def job(tier: TierTemplates) -> Mapping[str, Any]:
    return resource(tier.data_preparation, "AWS::Glue::Job")


def objects(tier: TierTemplates, action: str) -> set[str]:
    """What an action is allowed on: `bucket/key`, with `data` for the data bucket."""
    statement = statement_for(tier.data_preparation, action)
    found = (arn_text(arn) for arn in as_list(statement["Resource"]))
    return {
        arn.partition("/")[2] if "DataBucket" in arn else arn.rpartition(":::")[2] for arn in found
    }


def test_job_is_spark_of_glue_6(tier: TierTemplates) -> None:
    assert (job(tier)["Command"]["Name"], job(tier)["GlueVersion"]) == ("glueetl", "6.0")


def test_two_workers_cost_little(tier: TierTemplates) -> None:
    assert (job(tier)["WorkerType"], job(tier)["NumberOfWorkers"]) == ("G.1X", 2)


def test_failed_run_is_not_tried_again(tier: TierTemplates) -> None:
    assert job(tier)["MaxRetries"] == 0


def test_run_ends_after_an_hour(tier: TierTemplates) -> None:
    assert job(tier)["Timeout"] == 60


def test_job_is_in_no_vpc(tier: TierTemplates) -> None:
    assert "Connections" not in job(tier)


def test_job_knows_its_data_bucket(tier: TierTemplates) -> None:
    assert "DataBucket" in arn_text(job(tier)["DefaultArguments"]["--bucket"])


def test_glue_installs_the_locked_packages_that_are_compiled(tier: TierTemplates) -> None:
    pins = [line.split()[0] for line in REQUIREMENTS.read_text().splitlines() if "==" in line]
    compiled = [pin for pin in pins if not pin.startswith(("narwhals", "vadersentiment"))]
    installed = job(tier)["DefaultArguments"]["--additional-python-modules"].split(",")
    assert sorted(installed) == sorted(compiled)


def test_job_logs_to_the_tiers_own_groups(tier: TierTemplates) -> None:
    prefix = job(tier)["DefaultArguments"]["--custom-logGroup-prefix"]["Fn::Join"][1]
    groups = [
        group["Properties"]["LogGroupName"]["Fn::Join"][1]
        for group in resources(tier.data_preparation, "AWS::Logs::LogGroup")
    ]
    assert groups == [[*prefix, "/output"], [*prefix, "/error"]]


def test_logs_are_kept_as_long_as_the_tier_says(production: TierTemplates) -> None:
    days = {
        group["Properties"]["RetentionInDays"]
        for group in resources(production.data_preparation, "AWS::Logs::LogGroup")
    }
    assert days == {90}
    assert find_tier("Production").settings.operations.log_retention == "THREE_MONTHS"


def test_retained_logs_are_not_in_the_way_of_the_next_stack(production: TierTemplates) -> None:
    for group in resources(production.data_preparation, "AWS::Logs::LogGroup"):
        assert group["DeletionPolicy"] == "Retain"
        assert "AWS::StackId" in str(group["Properties"]["LogGroupName"])


def test_only_glue_assumes_the_role(tier: TierTemplates) -> None:
    role = resource(tier.data_preparation, "AWS::IAM::Role")
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "glue.amazonaws.com"}


def test_role_has_no_managed_policy(tier: TierTemplates) -> None:
    assert "ManagedPolicyArns" not in resource(tier.data_preparation, "AWS::IAM::Role")


def test_job_reads_raw_reviews_and_its_own_code(tier: TierTemplates) -> None:
    read = objects(tier, "s3:GetObject")
    code = {name for name in read if name.endswith((".py", ".zip"))}
    assert (len(code), read - code) == (
        2,
        {"raw/*", "datasets/*", "preparations/*", "reviews-one/*", "reviews-two/*"},
    )


def test_job_writes_datasets_and_outcomes_only(tier: TierTemplates) -> None:
    assert objects(tier, "s3:PutObject") == {"datasets/*", "preparations/*"}


def test_job_deletes_no_dataset(tier: TierTemplates) -> None:
    assert objects(tier, "s3:DeleteObject") == {"preparations/*"}


def test_job_may_do_nothing_but_with_objects_and_its_logs(tier: TierTemplates) -> None:
    services = {
        action.partition(":")[0]
        for statement in policy_statements(tier.data_preparation)
        for action in as_list(statement["Action"])
    }
    assert services - {"kms"} == {"s3", "logs"}


def test_no_action_is_allowed_everywhere(tier: TierTemplates) -> None:
    for statement in policy_statements(tier.data_preparation):
        assert "*" not in as_list(statement["Resource"])


def test_outputs_name_the_job_and_its_log(tier: TierTemplates) -> None:
    assert set(tier.data_preparation.find_outputs("*")) == {
        "DataPreparationJobName",
        "DataPreparationLogGroup",
    }


def test_what_an_ended_run_leaves_in_the_data_bucket_expires(tier: TierTemplates) -> None:
    rules = data_bucket(tier.training)["LifecycleConfiguration"]["Rules"]
    (rule,) = [rule for rule in rules if rule.get("Prefix") == "preparations/"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (7, "Enabled")
