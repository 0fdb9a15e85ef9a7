"""A tier whose settings ask for another kind of hosting than its endpoint has."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from deployment.cdk_cli import CdkCli
from deployment.errors import CdkError
from deployment.hosting_change import check_hosting_change, prepare_hosting_change
from stacks.repository import ROOT

STACK = "Alice-MachineLearningInfrastructure"


def template(instance_type: str | None, *, autoscaled: bool = False) -> dict[str, Any]:
    hosting: dict[str, Any] = (
        {"InstanceType": instance_type} if instance_type else {"ServerlessConfig": {}}
    )
    resources = {
        "Model": {"Type": "AWS::SageMaker::Model"},
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {"ProductionVariants": [hosting]},
        },
    }
    scaling = {
        "Instances": {"Type": "AWS::ApplicationAutoScaling::ScalableTarget"},
        "Policy": {"Type": "AWS::ApplicationAutoScaling::ScalingPolicy"},
    }
    return {
        "Parameters": {"TrainKey": {}, "Epochs": {}},
        "Resources": resources | (scaling if autoscaled else {}),
    }


class FakeCloudFormation:
    """CloudFormation with the model's stack, or without any.

    Attributes:
        updates: what UpdateStack was asked, in order.
        ends_well: whether updates do.
    """

    def __init__(self, deployed: dict[str, Any] | None) -> None:
        self._deployed = deployed
        self.updates: list[dict[str, Any]] = []
        self.ends_well = True

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        if self._deployed is None:
            error = {"Code": "ValidationError", "Message": "Stack does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return {"Stacks": [{"Outputs": [{"OutputKey": "EndpointName", "OutputValue": "e"}]}]}

    def get_template(self, **_: str) -> dict[str, Any]:
        return {"TemplateBody": self._deployed}

    def update_stack(self, **request: Any) -> None:
        self.updates.append(request)

    def get_waiter(self, _: str) -> "FakeCloudFormation":
        return self

    def wait(self, **_: Any) -> None:
        if not self.ends_well:
            raise WaiterError("StackUpdateComplete", "UPDATE_ROLLBACK_COMPLETE", {})


def account(monkeypatch: pytest.MonkeyPatch, deployed: dict[str, Any] | None) -> FakeCloudFormation:
    fake = FakeCloudFormation(deployed)
    monkeypatch.setattr(boto3, "client", lambda _: fake)
    return fake


def synthesized(folder: Path, wanted: dict[str, Any]) -> CdkCli:
    (folder / f"{STACK}.template.json").write_text(json.dumps(wanted))
    return CdkCli(tier="Alice", output=folder)


def test_an_endpoint_on_instances_does_not_become_serverless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account(monkeypatch, template("ml.m5.large"))
    with pytest.raises(ValueError, match=r"serves on instances \(ml\.m5\.large\)") as caught:
        check_hosting_change(synthesized(tmp_path, template(None)))
    assert "make promote FROM=Alice TO=ANOTHER SETTINGS=Sandbox" in str(caught.value)
    recipe = (ROOT / "Makefile").read_text().partition("\npromote:")[2].partition("\n\n")[0]
    assert all(f"$({variable})" in recipe for variable in ("FROM", "TO", "SETTINGS"))


@pytest.mark.parametrize(
    ("deployed", "wanted"),
    [
        pytest.param(None, template(None), id="nothing is deployed"),
        pytest.param(template(None), template(None), id="serverless it stays"),
        pytest.param(template(None), template("ml.m5.large"), id="serverless to instances"),
        pytest.param(template("ml.m5.large"), template("ml.c5.large"), id="another type"),
    ],
)
def test_other_changes_of_hosting_pass(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deployed: dict[str, Any] | None,
    wanted: dict[str, Any],
) -> None:
    account(monkeypatch, deployed)
    check_hosting_change(synthesized(tmp_path, wanted))


def test_autoscaling_is_off_before_the_instance_type_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = account(monkeypatch, template("ml.m5.large", autoscaled=True))
    prepare_hosting_change(synthesized(tmp_path, template("ml.c5.large", autoscaled=True)))
    (update,) = aws.updates
    assert json.loads(update["TemplateBody"]) == template("ml.m5.large")


def test_the_parameters_are_kept_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    aws = account(monkeypatch, template("ml.m5.large", autoscaled=True))
    prepare_hosting_change(synthesized(tmp_path, template("ml.c5.large")))
    assert aws.updates[0]["Parameters"] == [
        {"ParameterKey": "TrainKey", "UsePreviousValue": True},
        {"ParameterKey": "Epochs", "UsePreviousValue": True},
    ]


@pytest.mark.parametrize(
    ("deployed", "wanted"),
    [
        pytest.param(None, template("ml.m5.large", autoscaled=True), id="nothing is deployed"),
        pytest.param(
            template("ml.m5.large", autoscaled=True),
            template("ml.m5.large", autoscaled=True),
            id="the same type",
        ),
        pytest.param(template("ml.m5.large"), template("ml.c5.large"), id="not autoscaled"),
        pytest.param(template(None), template("ml.c5.large", autoscaled=True), id="serverless"),
    ],
)
def test_nothing_is_prepared_where_nothing_is_in_the_way(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    deployed: dict[str, Any] | None,
    wanted: dict[str, Any],
) -> None:
    aws = account(monkeypatch, deployed)
    prepare_hosting_change(synthesized(tmp_path, wanted))
    assert aws.updates == []


def test_autoscaling_that_stays_on_ends_the_deployment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = account(monkeypatch, template("ml.m5.large", autoscaled=True))
    aws.ends_well = False
    cdk = synthesized(tmp_path, template("ml.c5.large"))
    with pytest.raises(CdkError, match=r"its instance type stays ml\.m5\.large"):
        prepare_hosting_change(cdk)
