"""`python -m deployment diff`: what it says of the parameters."""

from pathlib import Path

import pytest

from deployment.__main__ import main
from deployment.cdk_cli import CdkCli
from deployment.tier_stacks import TierStacks
from tests.unit.deployment.fake_template import template_of

KEYS = {"TrainKey": "datasets/1/train.txt", "TestKey": "datasets/1/test.txt"}


@pytest.fixture(autouse=True)
def tier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployed tier, whose templates are as they were deployed."""
    monkeypatch.setattr("deployment.__main__.ROOT", tmp_path)
    monkeypatch.setattr("deployment.diff_command.check_spelling", lambda _: None)
    monkeypatch.setattr("deployment.diff_command.losses", lambda *_: [])
    monkeypatch.setattr(CdkCli, "synth", lambda _: None)
    monkeypatch.setattr(CdkCli, "template", lambda _, stack: template_of(stack))
    monkeypatch.setattr(CdkCli, "diff", lambda *_: ["There were no differences"])
    monkeypatch.setattr(TierStacks, "status", lambda *_: "")
    monkeypatch.setattr(TierStacks, "outputs", lambda *_: {"TrainingJobName": "job"})
    monkeypatch.setattr(TierStacks, "kept_parameters", lambda *_: {**KEYS, "Epochs": "6"})


def diff(*options: str) -> int:
    return main(["diff", "--tier", "Sandbox", *options])


def test_no_change_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff() == 0
    printed = capsys.readouterr().out
    assert "There were no differences" in printed
    assert "No parameter of the model's stack changes." in printed
    assert "Nothing is replaced or deleted." in printed


def test_parameter_that_changes_is_shown_with_both_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert diff("--parameter", "Epochs=8") == 0
    assert "  Epochs  6 → 8: given now\n" in capsys.readouterr().out


def test_new_data_change_their_keys(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("train.txt", "test.txt"):
        (tmp_path / name).write_text(f"__label__a good {name[:-4]}\n__label__b bad {name[:-4]}\n")
    assert diff("--train", str(tmp_path / "train.txt"), "--test", str(tmp_path / "test.txt")) == 0
    assert "TrainKey  datasets/1/train.txt → datasets/" in capsys.readouterr().out


def test_unknown_parameter_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert diff("--parameter", "Epoch=8") == 2
    assert "is no parameter Epoch" in capsys.readouterr().out
