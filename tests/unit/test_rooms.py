"""What import-linter cannot say of the rooms: `pyproject.toml` has the rest."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.repository import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = {found.parent.name for found in ROOT.glob("*/__init__.py")}


def imported(*files: Path) -> Iterator[str]:
    """The top-level packages that files import, wherever in them."""
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (name.name.partition(".")[0] for name in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def test_import_linter_knows_every_room() -> None:
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == ROOMS


def test_circles_are_looked_for_in_every_room() -> None:
    (circles,) = (
        contract
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "acyclic_siblings"
    )
    assert set(circles["ancestors"]) == ROOMS


def test_mypy_checks_every_room() -> None:
    assert set(PROJECT["tool"]["mypy"]["files"]) == ROOMS | {"app.py"}


@pytest.mark.parametrize("room", ["review_text", "tier_layout"])
def test_room_needs_the_standard_library_only(room: str) -> None:
    others = set(imported(*(ROOT / room).rglob("*.py"))) - sys.stdlib_module_names
    assert others <= {room}


def test_app_composes_stacks_and_imports_no_other_room() -> None:
    assert set(imported(ROOT / "app.py")) & ROOMS == {"stacks"}


def test_what_deploys_needs_no_package_of_a_functions_own() -> None:
    # `make setup` installs requirements.txt, and not what is bundled into the functions.
    program = (
        "import sys; sys.modules['aws_lambda_powertools'] = None\n"
        "import stacks.composition, deployment.__main__, local_aws.demo\n"
        "from deployment.__main__ import COMMANDS\n"
        "import importlib\n"
        "[importlib.import_module(module) for module, _ in COMMANDS.values()]"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
