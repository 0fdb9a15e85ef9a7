"""Which permissions SageMaker's operations need."""

from typing import Any

import pytest

from local_aws.sagemaker.authorisation import invocation, needs
from local_aws.sagemaker.errors import SageMakerError, access_denied
from local_aws.sagemaker.roles import ExecutionRole, Need
from local_aws.sagemaker.scope import Scope

ROLE = "arn:aws:iam::000000000000:role/execution"
TRAINING = "arn:aws:sagemaker:us-east-1:000000000000:training-job/my-job"
PASS = Need("iam:PassRole", ROLE, {"iam:PassedToService": "sagemaker.amazonaws.com"})
IMAGE = "811284229777.dkr.ecr.us-east-1.amazonaws.com/blazingtext:1"
REPOSITORY = "arn:aws:ecr:us-east-1:811284229777:repository/blazingtext"


def asked(operation: str, **request: Any) -> list[Need]:
    return list(needs(operation, request, Scope()))


def test_resource_is_in_lower_case_as_in_its_arn() -> None:
    assert asked("DescribeTrainingJob", TrainingJobName="My-Job") == [
        Need("sagemaker:DescribeTrainingJob", TRAINING)
    ]


def test_job_needs_its_role_to_be_passed_to_sagemaker() -> None:
    assert asked("CreateTrainingJob", TrainingJobName="my-job", RoleArn=ROLE) == [
        Need("sagemaker:CreateTrainingJob", TRAINING),
        PASS,
    ]


def test_tuning_job_needs_the_role_of_its_training_jobs_to_be_passed() -> None:
    definition = {"RoleArn": ROLE}
    asked_for = asked(
        "CreateHyperParameterTuningJob",
        HyperParameterTuningJobName="tune",
        TrainingJobDefinition=definition,
    )
    assert PASS in asked_for


def test_model_needs_its_role_to_be_passed() -> None:
    assert PASS in asked("CreateModel", ModelName="one", ExecutionRoleArn=ROLE)


def test_tags_at_creation_need_the_permission_to_add_tags() -> None:
    tags = [{"Key": "made", "Value": "up"}]
    assert Need("sagemaker:AddTags", TRAINING) in asked(
        "CreateTrainingJob", TrainingJobName="my-job", RoleArn=ROLE, Tags=tags
    )


def test_alarms_that_roll_an_update_back_must_be_readable() -> None:
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "Errors"}]}}
    arn = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:Errors"
    assert Need("cloudwatch:DescribeAlarms", arn) in asked(
        "UpdateEndpoint", EndpointName="e", EndpointConfigName="c", DeploymentConfig=rollback
    )


def test_update_of_an_endpoint_needs_it_on_endpoint_and_config() -> None:
    arn = "arn:aws:sagemaker:us-east-1:000000000000"
    action = "sagemaker:UpdateEndpoint"
    assert asked("UpdateEndpoint", EndpointName="e", EndpointConfigName="c") == [
        Need(action, f"{arn}:endpoint-config/c"),
        Need(action, f"{arn}:endpoint/e"),
    ]


@pytest.mark.parametrize("operation", ["ListTrainingJobs", "ListModels", "ListEndpoints"])
def test_listing_is_of_everything(operation: str) -> None:
    assert asked(operation, NameContains="x") == [Need(f"sagemaker:{operation}", "*")]


def test_tags_are_of_their_resource() -> None:
    assert asked("ListTags", ResourceArn=TRAINING) == [Need("sagemaker:ListTags", TRAINING)]


def test_request_without_its_names_needs_the_action_all_the_same() -> None:
    assert asked("CreateTrainingJob") == [Need("sagemaker:CreateTrainingJob", "*")]


def test_invocation_is_of_one_endpoint() -> None:
    arn = "arn:aws:sagemaker:us-east-1:000000000000:endpoint/sandbox-sentiment"
    assert invocation("Sandbox-sentiment", Scope()) == Need("sagemaker:InvokeEndpoint", arn)


class Assumed:
    """A role that may do everything but one action."""

    def __init__(self, lacks: str = "") -> None:
        self.lacks, self.asked, self.environment = lacks, list[Need](), dict[str, str]()

    def client(self, service: str) -> Any:
        raise AssertionError(service)

    def require(self, need: Need) -> None:
        self.asked.append(need)
        if need.action == self.lacks:
            raise access_denied(need.action, need.resource, "role")


def test_pull_asks_for_what_sagemaker_documents() -> None:
    assumed = Assumed()
    ExecutionRole(assumed).pull(IMAGE)
    assert assumed.asked == [
        Need("ecr:GetAuthorizationToken"),
        Need("ecr:BatchCheckLayerAvailability", REPOSITORY),
        Need("ecr:GetDownloadUrlForLayer", REPOSITORY),
        Need("ecr:BatchGetImage", REPOSITORY),
    ]


def test_pull_names_what_is_missing() -> None:
    with pytest.raises(SageMakerError, match="ecr:BatchGetImage"):
        ExecutionRole(Assumed("ecr:BatchGetImage")).pull(IMAGE)


def test_image_that_is_not_in_ecr_needs_nothing() -> None:
    assumed = Assumed()
    ExecutionRole(assumed).pull("blazingtext:1")
    assert assumed.asked == []
