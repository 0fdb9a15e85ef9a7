import pytest

from tests.lifecycle.campaign import TALLY
from tests.lifecycle.world import World


@pytest.fixture
def world() -> World:
    return World()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases the fault campaign has run."""
    if TALLY.cases:
        terminalreporter.section("fault campaign")
        terminalreporter.line(str(TALLY))
