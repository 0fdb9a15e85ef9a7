"""The log group of an endpoint that SageMaker has made before the tier's template did."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from deployment.endpoint_logs import check_endpoint_logs
from deployment.tier_stacks import TierStacks

GROUP = "/aws/sagemaker/Endpoints/Sandbox-sentiment"
OURS = {"Logs": {"Type": "AWS::Logs::LogGroup"}}


class FakeAws:
    """Stands for boto3's clients of CloudFormation and CloudWatch Logs."""

    def __init__(self, *groups: str, resources: Any = None, refusal: str = "") -> None:
        self.groups, self.resources, self.refusal = groups, resources, refusal

    def client(self, _service: str, **_: object) -> "FakeAws":
        return self

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.resources is None:
            message = f"Stack with id {StackName} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": message}}, "x")
        return {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": {"Resources": self.resources}}

    def describe_log_groups(self, *, logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803
        if self.refusal:
            raise ClientError({"Error": {"Code": self.refusal, "Message": "no"}}, "x")
        found = [name for name in self.groups if name.startswith(logGroupNamePrefix)]
        return {"logGroups": [{"logGroupName": name} for name in found]}


def check(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "client", aws.client)
    check_endpoint_logs(TierStacks("Sandbox"))


@pytest.mark.parametrize(
    "aws",
    [
        FakeAws(),
        FakeAws(GROUP, resources=OURS),
        FakeAws(f"{GROUP}-of-another"),
        FakeAws(refusal="AccessDeniedException"),
    ],
    ids=["none", "the stack's", "another's", "not to be seen"],
)
def test_nothing_is_in_the_way(aws: FakeAws, monkeypatch: pytest.MonkeyPatch) -> None:
    check(aws, monkeypatch)


@pytest.mark.parametrize("resources", [None, {}], ids=["a new tier", "a former version's"])
def test_group_that_sagemaker_has_made_is_said_with_what_to_do(
    resources: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError, match=f"aws logs delete-log-group --log-group-name {GROUP}"):
        check(FakeAws(GROUP, resources=resources), monkeypatch)


def test_another_refusal_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClientError):
        check(FakeAws(refusal="ThrottlingException"), monkeypatch)
