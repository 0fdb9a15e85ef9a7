"""What is asked of CloudFormation about a tier."""

from typing import Any

import boto3
import pytest

from deployment.tier_stacks import TierStacks, check_spelling


class FakeCloudFormation:
    """An account with these stacks."""

    def __init__(self, *names: str) -> None:
        self._names = names

    def get_paginator(self, _: str) -> "FakeCloudFormation":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"Stacks": [{"StackName": name}]} for name in self._names]


def account(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(boto3, "client", lambda _: FakeCloudFormation(*names))


@pytest.mark.parametrize("stack", ["Alice-TrainingJob", "ALICE-MachineLearningInfrastructure"])
def test_tier_that_differs_in_capitals_alone_is_refused(
    monkeypatch: pytest.MonkeyPatch, stack: str
) -> None:
    account(monkeypatch, "Other", stack)
    with pytest.raises(ValueError, match=f"There is a tier {stack[:5]} .*Say TIER={stack[:5]}"):
        check_spelling(TierStacks("alice"))


def test_the_tier_itself_and_longer_names_are_not_in_the_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account(monkeypatch, "alice-TrainingJob", "My-Alice-TrainingJob", "Alice2-TrainingJob")
    check_spelling(TierStacks("alice"))
