"""Workflows, hooks and dependency updates: they parse, and run what `make` runs."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.repository import ROOT

FILES = [*sorted((ROOT / ".github").rglob("*.yml")), ROOT / ".pre-commit-config.yaml"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = ROOT / ".github" / "workflows" / "ci.yml"
VERIFY = CI.with_name("verify.yml")


def read(file: Path) -> dict[Any, Any]:
    """A file's content; `on` is a truth value to YAML 1.1, and so to PyYAML."""
    content: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content


def name_of(file: Path) -> str:
    """A file's name, for pytest."""
    return file.name


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_file_is_yaml(file: Path) -> None:
    assert isinstance(read(file), dict)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_workflow_may_only_read_and_keeps_no_credentials(workflow: Path) -> None:
    jobs = read(workflow)["jobs"]
    # A token to assume a role in AWS is for what a person has started.
    by_hand = set(read(workflow)[True]) == {"workflow_dispatch"}
    token = {"id-token": "write"} if by_hand else {}
    assert read(workflow)["permissions"] == {"contents": "read"} | token
    assert [name for name, job in jobs.items() if "permissions" in job] == []
    checkouts = [
        step
        for job in jobs.values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    assert checkouts
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_every_job_ends_in_bounded_time(workflow: Path) -> None:
    assert all("timeout-minutes" in job for job in read(workflow)["jobs"].values())


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_scripts_take_nothing_that_a_stranger_wrote(workflow: Path) -> None:
    scripts = [
        step.get("run", "") for job in read(workflow)["jobs"].values() for step in job["steps"]
    ]
    assert [script for script in scripts if "${{ github." in script] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=name_of)
def test_scripts_are_bash(workflow: Path) -> None:
    scripts = [
        re.sub(r"\$\{\{.*?\}\}", "value", step["run"])
        for job in read(workflow)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    ]
    read_by_bash = subprocess.run(
        ["bash", "-n"], input="\n".join(scripts), capture_output=True, text=True, check=False
    )
    assert (read_by_bash.returncode, read_by_bash.stderr) == (0, "")


def test_ci_tests_every_python_that_is_supported() -> None:
    assert read(CI)["jobs"]["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]


def test_ci_runs_targets_that_there_are() -> None:
    text = CI.read_text(encoding="utf-8")
    named = {*re.findall(r"make (?:-C \S+ )?([a-z]+)", text), *re.findall(r"'([a-z]+)'", text)}
    named -= {"request"}
    assert {name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)} == set()


def test_verification_runs_targets_that_there_are() -> None:
    named = set(re.findall(r"make ([a-z-]+)", VERIFY.read_text(encoding="utf-8")))
    assert named == {"verify-on-aws", "destroy"}
    assert {name for name in named if not re.search(rf"^{name}:", MAKEFILE, re.MULTILINE)} == set()


def test_hooks_are_commands_of_lint() -> None:
    lint = MAKEFILE.partition("\nlint-code:")[2].partition("\n\n")[0]
    (local,) = read(ROOT / ".pre-commit-config.yaml")["repos"]
    commands = [hook["entry"].removeprefix(".venv/bin/") for hook in local["hooks"]]
    assert [command for command in commands if f"@{command}" not in lint] == []


def test_dependabot_sees_every_folder_with_requirements() -> None:
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    (pip,) = (update for update in updates if update["package-ecosystem"] == "pip")
    ours = ("lambdas", "data_prep")
    named = {
        folder
        for pattern in pip["directories"]
        for folder in (ROOT.glob(pattern.lstrip("/")) if pattern != "/" else [ROOT])
    }
    wanted = {file.parent for room in ours for file in (ROOT / room).rglob("requirements.in")}
    assert wanted | {ROOT} <= named


def test_every_update_waits_some_days() -> None:
    updates = read(ROOT / ".github" / "dependabot.yml")["updates"]
    assert all(update["cooldown"]["default-days"] >= 7 for update in updates)


@pytest.mark.parametrize("value", ["my data/train.txt", "it's", '"$(date)" `x`; y'])
@pytest.mark.parametrize(
    ("target", "variable"),
    [
        ("deploy", "TIER"),
        ("deploy", "TRAIN"),
        ("deploy", "TEST"),
        ("deploy", "SETTINGS"),
        ("retrain", "DATA"),
        ("promote", "FROM"),
        ("promote", "TO"),
        ("promote", "MODEL"),
        ("status", "TIER"),
        ("destroy", "TIER"),
    ],
)
def test_make_passes_a_value_on_as_one_word(target: str, variable: str, value: str) -> None:
    option = f"--{variable.lower()}"
    words = dry_run(target, f"{variable}={value.replace('$', '$$')}")
    assert words[words.index(option) + 1] == value


def test_make_passes_each_word_of_a_list_on() -> None:
    words = dry_run("deploy", "PARAMETERS=a=1 b=it's")
    assert words[-4:] == ["--parameter", "a=1", "--parameter", "b=it's"]


def dry_run(target: str, assignment: str) -> list[str]:
    """The words of the command of `deployment` that `make` would run."""
    said = subprocess.run(
        ["make", "--no-print-directory", "--dry-run", target, assignment],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return shlex.split(said[said.index("python -m deployment") :].replace("\\\n", " "))
