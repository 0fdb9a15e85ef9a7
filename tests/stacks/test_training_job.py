"""Stack {tier}-TrainingJob."""

from lambdas.custom_resource.aws_errors import WORST_CALL_SECONDS
from lambdas.training_job.event_age import ANSWER_WITHIN_SECONDS
from stacks.training_job import QUERY_INTERVAL
from tests.stacks.conftest import (
    TierTemplates,
    arn_text,
    as_list,
    policy_statements,
    resource,
    resources,
    statement_for,
)


def test_no_policy_allows_every_action_of_a_service(tier: TierTemplates) -> None:
    actions = [
        action
        for template in tier.all
        for statement in policy_statements(template)
        for action in as_list(statement["Action"])
    ]
    # The CDK's own grant for `states:*` and the like would show here, too.
    assert [action for action in actions if action.endswith(":*") or action == "*"] == []


def test_training_jobs_are_allowed_under_this_tiers_prefix_only(sandbox: TierTemplates) -> None:
    statement = statement_for(sandbox.training, "sagemaker:CreateTrainingJob")
    names = [arn_text(arn).rsplit("/", 1)[1] for arn in as_list(statement["Resource"])]
    assert names == ["Sandbox-blazingtext-*", "sandbox-blazingtext-*"]


def test_tuning_jobs_are_allowed_under_this_tiers_names_only(sandbox: TierTemplates) -> None:
    statement = statement_for(sandbox.training, "sagemaker:CreateHyperParameterTuningJob")
    names = [arn_text(arn).rsplit(":", 1)[1] for arn in as_list(statement["Resource"])]
    assert names == [
        "hyper-parameter-tuning-job/Sandbox-tune-*",
        "hyper-parameter-tuning-job/sandbox-tune-*",
    ]


def test_training_jobs_of_tuning_jobs_may_be_described_only(sandbox: TierTemplates) -> None:
    allowed = {
        action
        for statement in policy_statements(sandbox.training)
        if any("training-job/Sandbox-tune-*" in arn_text(a) for a in as_list(statement["Resource"]))
        for action in as_list(statement["Action"])
    }
    assert allowed == {"sagemaker:DescribeTrainingJob"}


def test_one_role_may_be_passed_and_to_sagemaker_only(tier: TierTemplates) -> None:
    statement = statement_for(tier.training, "iam:PassRole")
    assert statement["Condition"] == {
        "StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}
    }
    assert "ExecutionRole" in arn_text(statement["Resource"])


def test_execution_role_writes_models_only(tier: TierTemplates) -> None:
    statement = statement_for(tier.training, "s3:PutObject")
    assert [arn_text(arn).rsplit("/", 2)[1:] for arn in as_list(statement["Resource"])] == [
        ["models", "*"]
    ]


def test_old_models_alone_may_be_deleted(tier: TierTemplates) -> None:
    (statement,) = (
        one
        for one in policy_statements(tier.training)
        if "s3:DeleteObject" in as_list(one["Action"])
    )
    assert as_list(statement["Action"]) == ["s3:DeleteObject"]
    assert arn_text(statement["Resource"]).endswith(".Arn>/models/*")


def test_what_was_served_is_read_of_this_tier_only(sandbox: TierTemplates) -> None:
    statement = statement_for(sandbox.training, "ssm:GetParameterHistory")
    assert arn_text(statement["Resource"]).endswith(":parameter/Sandbox/sentiment/model")


def test_polling_function_knows_when_a_model_is_old(tier: TierTemplates) -> None:
    (function,) = (
        one["Properties"]
        for one in resources(tier.training, "AWS::Lambda::Function")
        if "OLD_MODEL_DAYS" in one["Properties"].get("Environment", {}).get("Variables", {})
    )
    assert function["Handler"].endswith(".is_complete")
    assert function["Environment"]["Variables"]["OLD_MODEL_DAYS"] == "180"


def test_buckets_are_private_and_refuse_plain_http(tier: TierTemplates) -> None:
    for bucket in resources(tier.training, "AWS::S3::Bucket"):
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    for policy in resources(tier.training, "AWS::S3::BucketPolicy"):
        statements = policy["Properties"]["PolicyDocument"]["Statement"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in [
            one.get("Condition") for one in statements
        ]


def test_sandbox_empties_and_deletes_its_bucket(sandbox: TierTemplates) -> None:
    (bucket,) = resources(sandbox.training, "AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "Delete"
    assert resources(sandbox.training, "Custom::S3AutoDeleteObjects")


def test_production_retains_its_buckets(production: TierTemplates) -> None:
    for bucket in resources(production.training, "AWS::S3::Bucket"):
        assert bucket["DeletionPolicy"] == "Retain"
    assert not resources(production.training, "Custom::S3AutoDeleteObjects")


def test_polling_gives_up_before_cloudformation_does(tier: TierTemplates) -> None:
    machine = resource(tier.training, "AWS::StepFunctions::StateMachine")
    definition = "".join(
        part for part in machine["DefinitionString"]["Fn::Join"][1] if isinstance(part, str)
    )
    interval = int(definition.split('"IntervalSeconds":')[1].split(",")[0])
    attempts = int(definition.split('"MaxAttempts":')[1].split(",")[0])
    job = resource(tier.machine_learning, "Custom::TrainingJob")
    training = int(job["MaxRuntimeInSeconds"])
    assert training + 600 <= interval * attempts < int(job["ServiceTimeout"]) <= 3600


def test_last_poll_answers_before_cloudformation_gives_up(tier: TierTemplates) -> None:
    (poll,) = (
        function["Properties"]["Timeout"]
        for function in resources(tier.training, "AWS::Lambda::Function")
        if function["Properties"]["Handler"] == "lambdas.training_job.handler.is_complete"
    )
    job = resource(tier.machine_learning, "Custom::TrainingJob")
    polling = QUERY_INTERVAL.to_seconds() + poll
    assert poll > WORST_CALL_SECONDS
    assert ANSWER_WITHIN_SECONDS + polling < int(job["ServiceTimeout"])
    assert int(job["MaxRuntimeInSeconds"]) + 600 <= ANSWER_WITHIN_SECONDS


def test_only_the_polling_function_may_start_and_stop_jobs(tier: TierTemplates) -> None:
    for action in (
        "sagemaker:CreateTrainingJob",
        "sagemaker:StopTrainingJob",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
        "iam:PassRole",
    ):
        (policy,) = (
            policy
            for policy in resources(tier.training, "AWS::IAM::Policy")
            if any(
                action in as_list(statement["Action"])
                for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            )
        )
        assert "PollTrainingJob" in policy["Properties"]["PolicyName"]


def test_logs_are_not_kept_for_ever(tier: TierTemplates) -> None:
    for template in tier.all:
        for group in resources(template, "AWS::Logs::LogGroup"):
            assert group["Properties"]["RetentionInDays"] <= 90


def test_output_names_the_settings(sandbox: TierTemplates) -> None:
    sandbox.training.has_output("Settings", {"Value": "Sandbox"})
