"""What became of each test, as pytest reports it."""

from dataclasses import dataclass
from inspect import getdoc
from typing import Any

import pytest

from tests.aws_verified.tier import VerifiedTier


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One fact, and whether it was found to hold."""

    fact: str
    held: bool
    seconds: float


class Recorder:
    """A plugin of pytest's: brings the tests their tier, and keeps what becomes of them."""

    def __init__(self, tier: VerifiedTier, first_deployment: str) -> None:
        self.tier = tier
        self.first_deployment = first_deployment
        """What the deployment has printed."""
        self.outcomes: list[Outcome] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Let the fixtures find it."""
        config.stash[RECORDER] = self

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Any:
        """Keep a test's outcome; one that could not begin has failed."""
        report: pytest.TestReport = yield
        if report.when == "call" or report.failed:
            self.outcomes.append(
                Outcome(fact=_fact(item), held=report.passed, seconds=report.duration)
            )
        return report


def _fact(item: pytest.Item) -> str:
    """The first line of a test's docstring, and which of its cases."""
    assert isinstance(item, pytest.Function)
    text = getdoc(item.function)
    assert text, f"{item.name} has no docstring, and the page would not know what to say"
    _, bracket, case = item.name.partition("[")
    return text.splitlines()[0] + (f" ({case.removesuffix(']')})" if bracket else "")


RECORDER = pytest.StashKey[Recorder]()
