"""`python -m deployment doctor`: what it prints, and its exit code."""

import json

import pytest

from deployment.__main__ import main
from deployment.cdk_cli import CdkCli
from deployment.doctor import command
from deployment.doctor.finding import Finding, fine, notice, problem
from deployment.errors import WorkFailedError

FINE = fine("region", "us-east-1")
NOTICE = notice("quotas", "may not be read")
PROBLEM = problem("bootstrap", "never prepared", "npx cdk bootstrap")


def found(monkeypatch: pytest.MonkeyPatch, *findings: Finding) -> None:
    monkeypatch.setattr(command, "examine", lambda *_, **__: list(findings))


def test_problem_is_shown_with_what_mends_it_and_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch, FINE, PROBLEM)
    assert main(["doctor", "--tier", "Sandbox"]) == 1
    printed = capsys.readouterr().out
    assert "✗ bootstrap  never prepared\n             → npx cdk bootstrap\n" in printed


def test_notices_exit_with_0(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, FINE, NOTICE)
    assert main(["doctor", "--tier", "Sandbox"]) == 0


def test_unknown_tier_exits_with_2() -> None:
    assert main(["doctor", "--tier", "Alice"]) == 2


def test_json_is_all_that_a_program_reads(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch, PROBLEM)
    assert main(["doctor", "--tier", "Sandbox", "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert one == {
        "check": "bootstrap",
        "verdict": "problem",
        "said": "never prepared",
        "mend": "npx cdk bootstrap",
    }


def test_deploy_ends_before_anything_is_deployed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch, NOTICE, PROBLEM)
    with pytest.raises(WorkFailedError, match=r"(?s)✗ bootstrap.*Nothing was deployed"):
        command.require_health(CdkCli(tier="Sandbox"))
    assert "✗ Check account, quotas and this machine: 1 problem" in "".join(capsys.readouterr())


def test_deploy_says_notices_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found(monkeypatch, FINE, NOTICE)
    command.require_health(CdkCli(tier="Sandbox"))
    printed = capsys.readouterr()
    assert "quotas: may not be read" in printed.out + printed.err
