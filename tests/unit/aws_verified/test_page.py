"""The page that `verify-on-aws` writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stacks.tiers import PRODUCTION, SANDBOX
from tests.aws_verified.cost import cost
from tests.aws_verified.outcomes import Outcome
from tests.aws_verified.page import Run, write

OUTCOMES = [
    Outcome(fact="The API answers.", held=True, seconds=1.26),
    Outcome(fact="The gate refuses.", held=False, seconds=0.0),
]


def page(folder: Path, *, endpoint_url: str | None = None, remains: Sequence[str] = ()) -> str:
    run = Run(
        region="eu-central-1",
        endpoint_url=endpoint_url,
        date=datetime(2026, 11, 25, 23, 30, tzinfo=UTC),
        outcomes=OUTCOMES,
        remains=remains,
    )
    write(run, folder / "page.md")
    return (folder / "page.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "http://localhost:4566", "http://[::1]:1", "http://127.8.9.1"]
)
def test_loopback_is_the_embedded_aws(tmp_path: Path, url: str) -> None:
    text = page(tmp_path, endpoint_url=url)
    assert "**This page was produced against the embedded AWS only.**" in text
    assert "produced by a run on AWS" not in text


def test_without_another_address_it_was_aws(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "> This page was produced by a run on AWS." in text
    assert "| where | AWS, eu-central-1 |" in text


@pytest.mark.parametrize("url", ["http://10.0.0.7:4566", "https://localhost.example.com"])
def test_another_address_is_neither(tmp_path: Path, url: str) -> None:
    text = page(tmp_path, endpoint_url=url)
    assert "neither AWS nor this machine" in text
    assert "produced by a run on AWS" not in text


def test_each_fact_has_its_outcome(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert "| The API answers. | passed | 1.3 |\n" in text
    assert "| The gate refuses. | **failed** | 0.0 |\n" in text
    assert "| tests | 1 passed, 1 failed |\n" in text


def test_what_is_left_is_counted_and_not_named(tmp_path: Path) -> None:
    text = page(tmp_path, remains=["arn:aws:s3:::a-bucket"])
    assert "| left behind | **1 resources** |" in text
    assert "a-bucket" not in text


def test_cost_is_of_two_trainings_and_at_most_of_their_limits() -> None:
    told = cost(SANDBOX)
    assert "2 training jobs on ml.c5.xlarge at $0.204 an hour" in told
    assert "about $0.03, and $0.27 at the most" in told


def test_settings_that_cost_while_idle_are_not_priced() -> None:
    with pytest.raises(ValueError, match="There is no price"):
        cost(PRODUCTION)
