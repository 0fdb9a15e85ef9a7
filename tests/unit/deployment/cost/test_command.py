"""`python -m deployment cost`: what it prints, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from deployment.__main__ import main
from deployment.cdk_cli import CdkCli
from deployment.cost.estimate import estimate
from deployment.cost.price_list import PriceList
from deployment.cost.shown import side_by_side
from deployment.cost.template import Templates
from deployment.cost.work import Work

FOLDERS: list[Path] = []


def template_of(stack: str) -> dict[str, Any]:
    """The templates of a tier that has an endpoint, alarms, and something unheard of."""
    kind = stack.rpartition("-")[2]
    if kind == "MachineLearningInfrastructure":
        variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        config = {"ProductionVariants": [variant]}
        return {
            "Resources": {
                "Config": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": config},
                "Car": {"Type": "Acme::Rocket::Car"},
            }
        }
    if kind == "Operations":
        return {"Resources": {"Dashboard": {"Type": "AWS::CloudWatch::Dashboard"}}}
    return {"Resources": {}}


@pytest.fixture(autouse=True)
def synthesized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CdkCli, "synth", lambda cdk: FOLDERS.append(cdk.output))
    monkeypatch.setattr(CdkCli, "template", lambda _, stack: template_of(stack))
    for name in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")


def cost(*options: str, tier: str = "Production") -> int:
    return main(["cost", "--tier", tier, *options])


def test_lines_sums_and_break_even_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost() == 0
    printed = capsys.readouterr().out
    assert "     83.9500  1 × ml.m5.large\n" in printed
    assert "A month while idle                                 86.9500\n" in printed
    assert "A million texts on Amazon Comprehend              600.0000\n" in printed
    assert "Production costs less from 144,919 texts a month on" in printed


def test_what_is_not_priced_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    cost()
    assert "Not priced:\n  1 × Acme::Rocket::Car: not known here\n" in capsys.readouterr().out


def test_source_and_age_of_the_prices_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    cost()
    assert "Prices of us-east-1, collected 2026-11 from public pages" in capsys.readouterr().out


def test_region_without_a_table_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    cost()
    assert "There is no table for eu-central-1" in capsys.readouterr().out


def test_stack_that_is_not_deployed_costs_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    cost(tier="Sandbox")
    assert "dashboard" not in capsys.readouterr().out


def test_json_is_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost("--json", "--characters", "1200") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["totals"]["idle"] == pytest.approx(86.95)
    assert found["comprehend_million_texts"] == pytest.approx(1200)
    assert found["assumptions"]["characters_per_text"] == 1200
    assert found["prices"] == {"region": "us-east-1", "from": "table", "as_of": "2026-11"}
    assert found["not_priced"] == ["1 × Acme::Rocket::Car: not known here"]


def test_assumptions_out_of_bounds_are_all_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cost("--texts-per-request", "0", "--characters", "0") == 2
    printed = capsys.readouterr().out
    assert "--texts-per-request 0: a request takes 1 to 100" in printed
    assert "--characters 0: a text has 1 to 20000" in printed


def test_templates_are_written_where_nothing_else_is(tmp_path: Path) -> None:
    FOLDERS.clear()
    cost()
    (folder,) = FOLDERS
    assert not folder.parent.exists()


def test_tiers_stand_side_by_side() -> None:
    prices = PriceList("us-east-1")
    found = [
        estimate(tier, Templates({tier: template_of(f"{tier}-{kind}")}), work=Work(), prices=prices)
        for tier, kind in (("One", "Operations"), ("Other", "MachineLearningInfrastructure"))
    ]
    shown = list(side_by_side(found, prices))
    assert shown[0].split() == [
        "What",
        "it",
        "costs",
        "on",
        "AWS,",
        "in",
        "US",
        "dollars",
        "One",
        "Other",
    ]
    (idle,) = [line for line in shown if "while idle" in line]
    assert idle.split()[-2:] == ["3.00", "83.95"]
    assert "Not priced of Other: 1 × Acme::Rocket::Car: not known here" in shown
