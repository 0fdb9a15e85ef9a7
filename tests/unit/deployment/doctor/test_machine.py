"""Node, the CDK CLI and disk, with programs that say what a test wants."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from deployment.doctor.finding import Finding, Verdict
from deployment.doctor.machine import cdk_version, free_disk, node_version, python_version
from stacks.repository import ROOT

PINNED = json.loads((ROOT / "package.json").read_text())["dependencies"]["aws-cdk"]
MAJOR, MINOR, PATCH = map(int, PINNED.split("."))


class Usage(NamedTuple):
    """As shutil.disk_usage returns it."""

    total: int
    used: int
    free: int


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def says(folder: Path, name: str, words: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\necho '{words}'\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("v24.1.0", Verdict.FINE),
        ("v22.0.0", Verdict.FINE),
        ("v20.20.2", Verdict.PROBLEM),
        ("what?", Verdict.PROBLEM),
    ],
)
def test_node(program: Path, words: str, verdict: Verdict) -> None:
    says(program, "node", words)
    assert node_version().verdict == verdict


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        (f"{PINNED} (build fcf5e34)", Verdict.FINE),
        (f"{MAJOR}.{MINOR + 1}.0 (build 1)", Verdict.NOTICE),
        (f"{MAJOR}.{MINOR - 1}.9 (build 1)", Verdict.PROBLEM),
        (f"{MAJOR + 1}.0.0", Verdict.PROBLEM),
    ],
)
def test_cdk_cli(program: Path, words: str, verdict: Verdict) -> None:
    says(program, "cdk", words)
    assert cdk_version().verdict == verdict


@pytest.mark.parametrize("check", [node_version, cdk_version])
def test_missing_program_is_a_problem_that_setup_mends(
    program: Path, check: Callable[[], Finding]
) -> None:
    found = check()
    assert (found.verdict, found.mend) == (Verdict.PROBLEM, "make setup")


def test_python_that_runs_the_tests_is_fine() -> None:
    assert python_version().verdict == Verdict.FINE


@pytest.mark.parametrize(
    ("free", "verdict"), [(1024**3, Verdict.FINE), (1024**3 - 1, Verdict.PROBLEM)]
)
def test_disk(monkeypatch: pytest.MonkeyPatch, free: int, verdict: Verdict) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free))
    assert free_disk().verdict == verdict
