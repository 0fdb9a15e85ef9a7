"""The tier that `python -m tests.aws_verified` has deployed."""

import pytest

from tests.aws_verified.outcomes import RECORDER, Recorder
from tests.aws_verified.tier import VerifiedTier


@pytest.fixture(scope="session")
def recorder(pytestconfig: pytest.Config) -> Recorder:
    """What the command has handed to pytest."""
    found = pytestconfig.stash.get(RECORDER, None)
    if found is None:
        pytest.fail("These tests need a tier of their own: run `python -m tests.aws_verified`")
    return found


@pytest.fixture(scope="session")
def tier(recorder: Recorder) -> VerifiedTier:
    """The tier, deployed."""
    return recorder.tier


@pytest.fixture(scope="session")
def first_deployment(recorder: Recorder) -> str:
    """What the deployment has printed."""
    return recorder.first_deployment
