"""`python -m deployment destroy`: what it refuses, asks and leaves."""

import io
import sys

import boto3
import pytest

from deployment.__main__ import main
from deployment.cdk_cli import CdkCli
from tests.unit.deployment.fake_stacks import FakeCloudFormation, FakeStack

STACKS = ("Prod-TrainingJob", "Prod-MachineLearningInfrastructure", "Prod-SentimentAnalysis")
MODEL = STACKS[1]


class Terminal(io.StringIO):
    """A person who types one line."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tiers that the CDK CLI was told to destroy."""
    tiers: list[str] = []
    monkeypatch.setattr(CdkCli, "synth", lambda _: None)
    monkeypatch.setattr(CdkCli, "destroy", lambda cdk: tiers.append(cdk.tier))
    return tiers


def tier(
    monkeypatch: pytest.MonkeyPatch, *, retains: bool = False, model_status: str = "CREATE_COMPLETE"
) -> None:
    stacks = {name: FakeStack(retains=retains) for name in STACKS}
    stacks[MODEL].status = model_status
    monkeypatch.setattr(boto3, "client", FakeCloudFormation(stacks).client)


def destroy(*options: str) -> int:
    return main(["destroy", "--tier", "Prod", "--settings", "Production", *options])


def test_tier_that_never_was_is_bad_input(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(boto3, "client", FakeCloudFormation({}).client)
    assert destroy() == 2
    assert "There is no tier Prod in this account and region" in capsys.readouterr().out
    assert removed == []


@pytest.mark.parametrize(
    "status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_"
               "IN_PROGRESS"],
)  # fmt: skip
def test_update_under_way_is_a_conflict_and_nothing_is_removed(
    monkeypatch: pytest.MonkeyPatch,
    removed: list[str],
    capsys: pytest.CaptureFixture[str],
    status: str,
) -> None:
    tier(monkeypatch, model_status=status)
    assert destroy() == 1
    assert f"{MODEL} is {status}" in capsys.readouterr().out
    assert removed == []


@pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "DELETE_IN_PROGRESS", "DELETE_FAILED"])
def test_stack_that_cloudformation_would_delete_is_no_conflict(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], status: str
) -> None:
    tier(monkeypatch, model_status=status)
    assert destroy() == 0
    assert removed == ["Prod"]


def test_tier_that_retains_data_is_not_removed_without_its_name(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tier(monkeypatch, retains=True)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert destroy() == 2
    assert "say --yes-destroy Prod if it is meant" in capsys.readouterr().out
    assert removed == []


@pytest.mark.parametrize(("typed", "code"), [("Prod\n", 0), ("yes\n", 1), ("\n", 1), ("", 1)])
def test_person_types_the_name(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], typed: str, code: int
) -> None:
    tier(monkeypatch, retains=True)
    monkeypatch.setattr(sys, "stdin", Terminal(typed))
    assert destroy() == code
    assert removed == ["Prod"] * (code == 0)


def test_program_says_the_name_and_is_told_what_stays(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tier(monkeypatch, retains=True)
    assert destroy("--yes-destroy", "Prod") == 0
    printed = capsys.readouterr().out
    assert "  bucket prod-trainingjob-bucket\n" in printed
    assert "  log group prod-sentimentanalysis-logs\n" in printed
    assert "role" not in printed


def test_name_of_another_tier_is_refused(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tier(monkeypatch)
    assert destroy("--yes-destroy", "Production") == 2
    assert "is not the tier that would be removed, Prod" in capsys.readouterr().out
    assert removed == []


def test_tier_that_retains_nothing_is_not_asked_about(
    monkeypatch: pytest.MonkeyPatch, removed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    tier(monkeypatch)
    assert destroy() == 0
    assert "stays" not in capsys.readouterr().out
