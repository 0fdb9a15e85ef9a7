"""Blocks of output in the README: found, shortened and compared alike by script and tests."""

import json

import pytest

from tests.regenerate_readme import (
    ANSWER,
    DEMO,
    PROMOTE,
    README,
    STATUS,
    answer_block,
    block,
    normalised,
    shown,
    with_block,
)


@pytest.mark.parametrize("first_line", [DEMO, STATUS, PROMOTE, ANSWER])
def test_block_is_replaced_and_nothing_else(first_line: str) -> None:
    readme = README.read_text(encoding="utf-8")
    assert with_block(readme, first_line, block(first_line)) == readme
    assert block(first_line, with_block(readme, first_line, f"{ANSWER}\\1\n")) == f"{ANSWER}\\1\n"


def test_block_that_is_not_there_is_named() -> None:
    with pytest.raises(LookupError, match=r"0 blocks that begin with '\$ make tea'"):
        block("$ make tea")


def test_what_is_shown_has_no_announcement_no_key_and_no_sample() -> None:
    output = (
        "… Upload the data\n"
        "read and normalised 25,000 rows   2.5 s\n  rows in   25,000\n"
        "… Deploy Sandbox-TrainingJob\n"
        "✓ Deploy Sandbox-TrainingJob (3.2 s)   \n"
        "  -H 'x-api-key: b450aaaaaaaaaaaa42a9' \\\n\n"
        "export AWS_ENDPOINT_URL=x LAMBDA_PYTHON=3.11\nmake retrain TIER=Sandbox\n\n\n"
    )
    assert shown(output) == (
        "✓ Deploy Sandbox-TrainingJob (3.2 s)\n  -H 'x-api-key: b450…42a9' \\\n…\n"
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("job Sandbox-blazingtext-025689ac8aa2", "job Sandbox-blazingtext-c20f0b175fe0"),
        ("CREATE_COMPLETE  2026-11-21 16:06:45 UTC", "UPDATE_COMPLETE 2027-01-01 06:00:00 UTC"),
        ("took 35 s on ml.c5.xlarge", "took 1 min 2 s on ml.c5.xlarge"),
        ("localhost:4566/_aws/execute-api/0d17bd28/v1", "localhost:9/_aws/execute-api/a/v1"),
        ("  epoch 1: accuracy 0.81\n", "  epoch 1: accuracy 0.9\n  epoch 2: accuracy 0.91\n"),
    ],
)
def test_what_differs_from_run_to_run_is_alike(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


@pytest.mark.parametrize("word", ["Deploy", "InService", "positive", "✓"])
def test_words_are_compared(word: str) -> None:
    text = "✓ Deploy Sandbox: InService, 3 positive\n"
    assert normalised(text) != normalised(text.replace(word, "other"))


def test_answer_is_broken_into_lines_and_stays_the_same() -> None:
    answer = json.loads(block(ANSWER))
    written = answer_block(answer)
    assert json.loads(written) == answer
    assert written.startswith(ANSWER)
    assert max(map(len, written.splitlines())) <= 110
