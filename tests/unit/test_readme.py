"""The README says what the code does."""

import json
import re
import shlex

import pytest

from data_prep.__main__ import _parser as data_prep_parser
from deployment.__main__ import _parser as deployment_parser
from lambdas.sentiment_api.limits import MAX_TEXT_CHARACTERS, MAX_TEXTS
from lambdas.sentiment_api.models import SentimentResponse
from local_aws.cli import _parser as local_aws_parser
from stacks.repository import ROOT
from stacks.tiers import PRODUCTION, SANDBOX
from stacks.training_parameters import HYPERPARAMETERS

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\w*\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [
    line.partition("#")[0].strip()
    for block in BLOCKS
    for line in block.replace("\\\n", " ").splitlines()
    if line.startswith(("python -m ", "make ", "$ make "))
]


def commands(program: str) -> list[list[str]]:
    """The arguments of the README's calls of a program."""
    return [
        shlex.split(line.removeprefix(program)) for line in COMMANDS if line.startswith(program)
    ]


@pytest.mark.parametrize("arguments", commands("python -m data_prep "), ids=" ".join)
def test_data_prep_understands_the_command(arguments: list[str]) -> None:
    data_prep_parser(arguments).parse_args(arguments)


@pytest.mark.parametrize("words", commands("make retrain "), ids=" ".join)
def test_retrain_understands_the_variables(words: list[str]) -> None:
    variables = dict(word.split("=", maxsplit=1) for word in words)
    options = shlex.split(variables.pop("OPTIONS", ""))
    data_prep_parser(["prepare"]).parse_args(["prepare", variables["DATA"], *options])
    assert variables.keys() == {"TIER", "DATA"}


@pytest.mark.parametrize("words", commands("make promote "), ids=" ".join)
def test_promote_understands_the_variables(words: list[str]) -> None:
    options = {
        "FROM": "--from",
        "MODEL": "--model",
        "TO": "--to",
        "TEST": "--test",
        "DATA": "--data",
    }
    variables = dict(word.split("=", maxsplit=1) for word in words)
    arguments = [part for name, value in variables.items() for part in (options[name], value)]
    words = ["promote", *arguments]
    deployment_parser(words).parse_args(words)


@pytest.mark.parametrize("arguments", commands("python -m local_aws "), ids=" ".join)
def test_local_aws_understands_the_command(arguments: list[str]) -> None:
    local_aws_parser().parse_args(arguments)


def test_every_hyperparameter_is_in_the_table() -> None:
    missing = [h.parameter for h in HYPERPARAMETERS if f"`{h.parameter}`" not in README]
    assert missing == []


@pytest.mark.parametrize("hyperparameter", HYPERPARAMETERS[:6], ids=lambda h: h.parameter)
def test_default_in_the_table_is_the_parameters(hyperparameter: object) -> None:
    (row,) = re.findall(rf"^\| `{hyperparameter.parameter}` \| (\S+) \|", README, re.MULTILINE)  # type: ignore[attr-defined]
    assert float(row.replace(",", "")) == hyperparameter.default  # type: ignore[attr-defined]


def test_limits_are_the_functions() -> None:
    assert f"up to {MAX_TEXTS} texts of up to {MAX_TEXT_CHARACTERS:,} characters" in README


def test_gates_are_the_tiers() -> None:
    sandbox, production = (one.training.minimum_accuracy for one in (SANDBOX, PRODUCTION))
    gates = f"| quality gate | {sandbox:.2f} | {production:.2f} |"
    assert gates in README


def test_answer_shown_is_of_the_apis_shape() -> None:
    (answer,) = (block for block in BLOCKS if block.startswith('{"results"'))
    SentimentResponse.model_validate(json.loads(answer))
