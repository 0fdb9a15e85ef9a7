"""A fault at every API call of every scenario: what is promised holds all the same.

`make faults` runs the whole campaign, with more kinds of faults.
"""

from collections.abc import Iterator

import pytest
from coverage import Coverage

from tests.lifecycle.campaign import FAULTS, HAPPENINGS, KILLED_AFTER, strikes
from tests.lifecycle.scenarios import DISTURBED, IMPORTS, TRAINING, TUNING, Scenario

LEAST_CASES = 10_000


CASES = [
    *((scenario, fault) for fault in FAULTS for scenario in [*TRAINING, *IMPORTS]),
    # Tuning jobs take the same way through the handlers: the faults that can lose one.
    *(
        (scenario, fault)
        for fault in ("read timeout after it acted", KILLED_AFTER)
        for scenario in TUNING
    ),
]


@pytest.fixture(scope="module", autouse=True)
def unmeasured() -> Iterator[None]:
    """Measuring takes longer than the cases do, whose lines the other tests run as well."""
    measuring = Coverage.current()
    if measuring:
        measuring.stop()
    yield
    if measuring:
        measuring.start()


@pytest.mark.parametrize(("scenario", "fault"), CASES, ids=str)
def test_fault_at_any_call_breaks_no_promise(scenario: Scenario, fault: str) -> None:
    assert [broken for strike in strikes(scenario, fault) for broken in strike.run()] == []


@pytest.mark.parametrize("scenario", DISTURBED, ids=str)
@pytest.mark.parametrize("happening", HAPPENINGS)
def test_what_happens_elsewhere_during_any_call_breaks_no_promise(
    scenario: Scenario, happening: str
) -> None:
    assert [broken for strike in strikes(scenario, happening) for broken in strike.run()] == []


def test_campaign_has_its_size() -> None:
    cases = sum(1 for scenario, fault in CASES for _ in strikes(scenario, fault))
    assert cases >= LEAST_CASES
