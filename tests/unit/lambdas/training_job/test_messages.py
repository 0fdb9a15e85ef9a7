"""The error text fits CloudFormation's response, whatever it quotes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.custom_resource.messages import (
    MESSAGE_BUDGET_BYTES,
    escaped_size,
    fit,
    printable,
    shown,
)
from lambdas.training_job.messages import TrainingJobError, logs_of

ANY_TEXT = st.text(st.characters(), max_size=3_000)
"""Lone surrogates and control characters among it."""

RESPONSE_LIMIT_BYTES = 4_096
"""docs.aws.amazon.com: crpg-ref-responses."""


@given(before=ANY_TEXT, detail=ANY_TEXT, after=ANY_TEXT)
def test_message_never_exceeds_its_budget(before: str, detail: str, after: str) -> None:
    error = TrainingJobError(before, detail=detail, after=after)

    assert escaped_size(str(error)) <= MESSAGE_BUDGET_BYTES


@given(detail=st.text(st.sampled_from('é"\\\n\0😀漢a'), min_size=500, max_size=1_024))
def test_failure_reason_of_any_content_leaves_head_and_remedy_whole(detail: str) -> None:
    text = str(TrainingJobError("The job a-1 failed:", detail=detail, after=logs_of("a-1")))

    assert text.startswith("The job a-1 failed: ")
    assert text.endswith(logs_of("a-1"))


def test_whole_response_stays_under_the_limit_of_cloudformation() -> None:
    message = str(TrainingJobError("failed:", detail='"\\😀' * 1_000, after="Deploy again."))
    # framework.js: the error's stack is the message, the log's name, and V8's ten frames.
    frame = "\n    at invokeUserFunction2 (/var/task/framework.js:2:6)"
    stack = f"Error: {message}\n\nLogs: /aws/lambda/{'f' * 64}\n{frame * 10}"
    response = {
        "Status": "FAILED",
        "Reason": stack,
        "StackId": "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/" + "s" * 165,
        "RequestId": "u" * 36,
        "PhysicalResourceId": "j" * 63,
        "LogicalResourceId": "l" * 64,
    }

    assert len(json.dumps(response)) < RESPONSE_LIMIT_BYTES


@given(text=ANY_TEXT, budget=st.integers(0, 200))
def test_fitted_text_never_exceeds_its_budget(text: str, budget: int) -> None:
    assert escaped_size(fit(text, budget)) <= budget


def test_text_within_its_budget_is_left_alone() -> None:
    assert fit("exactly", 7) == "exactly"


def test_cut_text_keeps_both_ends() -> None:
    cut = fit("first " + "x" * 500 + " last", 60)

    assert cut.startswith("first xx")
    assert cut.endswith("xx last")


def test_budget_counts_quotes_and_non_ascii_as_json_writes_them() -> None:
    assert escaped_size('"é') == len('\\"') + len("\\u00e9")


@given(ANY_TEXT)
def test_printable_text_is_printable(text: str) -> None:
    assert printable(text).isprintable()


def test_white_space_of_a_quoted_text_is_folded() -> None:
    assert printable("a\n\n  b\tc") == "a b c"


@pytest.mark.parametrize(("value", "quoted"), [("x", "'x'"), (None, "None"), (3, "3")])
def test_values_are_quoted(value: object, quoted: str) -> None:
    assert shown(value) == quoted


def test_long_values_are_shortened() -> None:
    assert escaped_size(shown("x" * 5_000)) <= 120
