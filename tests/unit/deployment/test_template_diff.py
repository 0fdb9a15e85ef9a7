"""What of `cdk diff` is a loss, and who is asked about it."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from deployment.cdk_cli import CdkCli
from deployment.consent import require_consent
from deployment.errors import WorkFailedError
from deployment.template_diff import losses
from tests.unit.deployment.fake_stacks import FakeCloudFormation, FakeStack
from tests.unit.deployment.test_destroy import Terminal

STACK = "Prod-TrainingJob"
MODEL = "Prod-MachineLearningInfrastructure"
ALARM = (
    "[-] AWS::CloudWatch::Alarm SentimentEndpoint/ModelErrors "
    "SentimentEndpointModelErrors6EDBA9C4 destroy"
)
CONFIG = (
    "[~] AWS::SageMaker::EndpointConfig SentimentEndpoint/Config "
    "SentimentEndpointConfigEAEA7007 replace"
)
BUCKET = "[~] AWS::S3::Bucket DataBucket DataBucketE3889A50 may be replaced"
HARMLESS = [
    "Resources",
    "[+] AWS::IAM::Role Custom::S3AutoDelete/Role CustomS3AutoDeleteRole3B1BD092",
    "[~] AWS::SageMaker::Endpoint SentimentEndpoint/Endpoint SentimentEndpointDC8415D2",
    " ├─ [-] DeletionPolicy",
    "[-] Metadata Something destroy",
    "[-] AWS::S3::Bucket Kept Kept123 orphan",
]

Assembly = Callable[..., CdkCli]


@pytest.fixture
def assembly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Assembly:
    """A tier of two stacks, and templates that were synthesized for it."""

    def make(*difference: str, retains: bool, will_retain: bool = True) -> CdkCli:
        stacks = {name: FakeStack(retains=retains) for name in (STACK, MODEL)}
        monkeypatch.setattr(boto3, "client", FakeCloudFormation(stacks).client)
        for name in stacks:
            template = FakeStack(retains=will_retain).template
            (tmp_path / f"{name}.template.json").write_text(json.dumps(template))
        monkeypatch.setattr(
            CdkCli, "diff", lambda *_: [f"Stack {MODEL} (aws://1/us-east-1)", *difference]
        )
        return CdkCli(tier="Prod", settings="Production", output=tmp_path)

    return make


def said(cdk: CdkCli) -> list[str]:
    return [str(loss) for loss in losses(cdk, cdk.diff([]))]


def test_deleted_and_replaced_resources_are_losses_of_their_stack(assembly: Assembly) -> None:
    assert said(assembly(*HARMLESS, ALARM, CONFIG, BUCKET, retains=True)) == [
        f"deleted: AWS::CloudWatch::Alarm SentimentEndpoint/ModelErrors (stack {MODEL})",
        f"replaced: AWS::SageMaker::EndpointConfig SentimentEndpoint/Config (stack {MODEL})",
        f"may be replaced: AWS::S3::Bucket DataBucket (stack {MODEL})",
    ]


def test_what_is_retained_no_longer_is_a_loss(assembly: Assembly) -> None:
    lost = said(assembly(retains=True, will_retain=False))
    assert (
        f"retained no longer, but deleted with the tier: AWS::S3::Bucket {STACK.lower()}-bucket "
        f"(stack {STACK})"
    ) in lost


def test_what_was_not_retained_is_no_loss(assembly: Assembly) -> None:
    assert said(assembly(retains=False, will_retain=False)) == []


def test_retraining_replaces_by_design_and_is_not_asked_about(assembly: Assembly) -> None:
    cdk = assembly(*HARMLESS, CONFIG, retains=True)
    require_consent(cdk, [MODEL], given=False)


def test_tier_that_retains_nothing_is_not_compared(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    cdk = assembly(ALARM, retains=False)
    monkeypatch.delattr(CdkCli, "diff")
    require_consent(cdk, [MODEL], given=False)


def test_program_is_refused_until_it_agrees(
    assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    cdk = assembly(ALARM, retains=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(ValueError, match=r"(?s)deleted: AWS::CloudWatch::Alarm.*say --yes"):
        require_consent(cdk, [MODEL], given=False)
    require_consent(cdk, [MODEL], given=True)


def test_person_is_asked(assembly: Assembly, monkeypatch: pytest.MonkeyPatch) -> None:
    cdk = assembly(ALARM, retains=True)
    monkeypatch.setattr(sys, "stdin", Terminal("yes\n"))
    require_consent(cdk, [MODEL], given=False)
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    with pytest.raises(WorkFailedError, match="Nothing was changed"):
        require_consent(cdk, [MODEL], given=False)
