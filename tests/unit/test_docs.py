"""Commands, options, files and links that the pages name are there."""

import argparse
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import pytest
from botocore import xform_name
from botocore.session import get_session

from data_prep.__main__ import _parser as data_prep_parser
from deployment.__main__ import _parser as deployment_parser
from local_aws.cli import _parser as local_aws_parser
from stacks.repository import ROOT

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
PARSERS: dict[str, Callable[[list[str]], argparse.ArgumentParser]] = {
    "data_prep": data_prep_parser,
    "deployment": deployment_parser,
    "local_aws": lambda _: local_aws_parser(),
}
FENCED = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ROOM_PATH = re.compile(r"(?:[a-z_]+/)+(?:[\w.]+)?")


class Command(NamedTuple):
    """A command of a page, without what a shell would make of it."""

    page: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page}: {' '.join(self.words)}"


def name_of(page: Path) -> str:
    """A page's path in the repository."""
    return page.relative_to(ROOT).as_posix()


def commands(program: str) -> list[Command]:
    """Every call of `make` or `python -m`, in blocks and within sentences."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        lines = [
            line.removeprefix("$ ").removeprefix('eval "$(').removesuffix(')"')
            for block in FENCED.findall(text)
            for line in block.replace("\\\n", " ").splitlines()
        ]
        lines += [code.replace("\n", " ") for code in INLINE.findall(FENCED.sub("", text))]
        for line in lines:
            # Brackets, as in [--json], say that a part may be left out.
            sentence = re.sub(r"\s#.*|[\[\]]|\)\".*", "", line).strip()
            for part in re.split(r"\s(?:&&|[|>])\s", sentence):
                if part.startswith(f"{program} "):
                    words = shlex.split(part.removeprefix(f"{program} "))
                    found.append(Command(name_of(page), tuple(words)))
    return sorted(set(found))


@pytest.mark.parametrize("command", commands("make"), ids=str)
def test_make_has_target_and_variables(command: Command) -> None:
    for word in command.words:
        name, is_variable, _ = word.partition("=")
        if is_variable:
            assert re.search(rf"\$\({name}[):]|\({name}\)|^{name} \?=", MAKEFILE, re.MULTILINE)
        elif word != "…":
            assert re.search(rf"^{name}:", MAKEFILE, re.MULTILINE), name


@pytest.mark.parametrize("command", commands("python -m"), ids=str)
def test_program_has_subcommand_and_options(command: Command) -> None:
    program, *words = command.words
    options = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    if program in PARSERS:
        assert options <= options_of(PARSERS[program](words), words)
    elif program == "pytest":
        assert [word for word in words if not (ROOT / word).exists()] == []
    else:
        assert find_spec(program) is not None
        assert options <= set(re.findall(r"--?[a-z-]+", help_of(program))) if options else True


CLI_ONLY = {"s3": {"cp", "rm", "ls", "sync"}, "logs": {"tail"}}
"""What the AWS CLI adds to the services' own operations."""
TAIL_OPTIONS = {"since", "follow", "format", "filter-pattern", "log-stream-name-prefix"}
GLOBAL_OPTIONS = {"query", "output", "region", "profile", "endpoint-url", "max-items", "recursive"}


@pytest.mark.parametrize(
    "command", [one for one in commands("aws") if not one.words[0].startswith("-")], ids=str
)
def test_aws_has_operation_and_options(command: Command) -> None:
    service, operation, *words = command.words
    options = {word.removeprefix("--") for word in words if re.match(r"--[a-z]", word)}
    if operation in CLI_ONLY.get(service, ()):
        assert options <= TAIL_OPTIONS | GLOBAL_OPTIONS
        return
    model = get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-") for name in shape.members} if shape else set()
    # A boolean that is true has no value, and one that is not has `no-`.
    assert {option.removeprefix("no-") for option in options} <= members | GLOBAL_OPTIONS


def options_of(parser: argparse.ArgumentParser, words: list[str]) -> set[str]:
    """What a subcommand takes; SystemExit for one that there is not."""
    (subcommands,) = (
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    known = set(parser._option_string_actions)
    if words:
        assert words[0] in subcommands.choices
        known |= set(subcommands.choices[words[0]]._option_string_actions)
        if known & {"--data"}:
            # `retrain` passes the options of `prepare` on.
            known |= options_of(data_prep_parser(["prepare"]), ["prepare"])
    return known


@cache
def help_of(program: str) -> str:
    """What `python -m PROGRAM --help` prints."""
    result = subprocess.run(
        [sys.executable, "-m", program, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return result.stdout


def links() -> Iterator[tuple[str, str]]:
    """Every link that leads into the repository, with its page."""
    for page in PAGES:
        text = FENCED.sub("", page.read_text(encoding="utf-8"))
        yield from ((name_of(page), link) for link in LINK.findall(text) if "://" not in link)


def anchors(page: Path) -> set[str]:
    """What GitHub calls a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(("page", "link"), sorted(set(links())))
def test_link_leads_somewhere(page: str, link: str) -> None:
    path, _, anchor = link.partition("#")
    target = (ROOT / page).parent / path if path else ROOT / page
    assert target.exists()
    assert not anchor or anchor in anchors(target)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    rooms = {found.parent.name for found in ROOT.glob("*/__init__.py")} | {"docs"}
    named = {
        code
        for code in INLINE.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
        if ROOM_PATH.fullmatch(code) and code.partition("/")[0] in rooms
    }
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_index_has_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").iterdir() if page.is_file()} - {"README.md"}
    assert {page for page in pages if f"]({page})" not in index} == set()


def test_changelog_begins_with_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    unreleased, released = re.findall(r"^## (\S+)", changelog, re.MULTILINE)[:2]
    assert (unreleased, released) == ("Unreleased", project["version"])
