"""Stack {tier}-TrainingJob."""

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


def test_data_bucket_is_private_and_refuses_plain_http(tier: TierTemplates) -> None:
    bucket = resource(tier.training, "AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    policy = resource(tier.training, "AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    assert {"Bool": {"aws:SecureTransport": "false"}} in [s.get("Condition") for s in policy]


def test_sandbox_empties_and_deletes_its_bucket(sandbox: TierTemplates) -> None:
    (bucket,) = resources(sandbox.training, "AWS::S3::Bucket")
    assert bucket["DeletionPolicy"] == "Delete"
    assert resources(sandbox.training, "Custom::S3AutoDeleteObjects")


def test_production_retains_its_bucket(production: TierTemplates) -> None:
    (bucket,) = resources(production.training, "AWS::S3::Bucket")
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


def test_logs_are_not_kept_for_ever(tier: TierTemplates) -> None:
    for template in tier.all:
        for group in resources(template, "AWS::Logs::LogGroup"):
            assert group["Properties"]["RetentionInDays"] <= 90
