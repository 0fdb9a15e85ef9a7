"""CloudWatch Logs' filter patterns, as its user guide describes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_aws.ministack.filter_pattern import compile_pattern


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR timeout", "ERROR: timeout", True),
        ("ERROR timeout", "ERROR: refused", False),
        ("-ERROR", "all is well", True),
        ("ERROR -refused", "ERROR: refused", False),
        ("?ERROR ?WARN", "WARN: late", True),
        ("?ERROR ?WARN", "INFO: late", False),
        ('"timed out"', "it timed out", True),
        ('"timed out"', "out it timed", False),
        ("%[0-9]{3} ms%", "took 250 ms", True),
        ("%[0-9]{3} ms%", "took 25 ms", False),
        ('{ $.level = "ERROR" }', '{"level": "ERROR"}', True),
        ('{ $.level = "ERROR" }', '{"level": "INFO"}', False),
        ('{ $.level = "ERR*" }', '{"level": "ERROR"}', True),
        ('{ $.level != "ERROR" }', '{"level": "INFO"}', True),
        ('{ $.level != "ERROR" }', "{}", False),
        ("{ $.status >= 500 }", '{"status": 503}', True),
        ("{ $.status >= 500 }", '{"status": 404}', False),
        ("{ $.a.b[1] = 2 }", '{"a": {"b": [1, 2]}}', True),
        ("{ $.a NOT EXISTS }", "{}", True),
        ("{ $.a IS NULL }", '{"a": null}', True),
        ("{ $.a IS NULL }", "{}", False),
        ("{ $.a IS TRUE }", '{"a": true}', True),
        ('{ $.a = 1 && $.b = "x" }', '{"a": 1, "b": "x"}', True),
        ('{ $.a = 1 && $.b = "x" }', '{"a": 1, "b": "y"}', False),
        ("{ $.a = 1 || ($.b = 2 && $.c = 3) }", '{"b": 2, "c": 3}', True),
        ("{ $.a = 1 }", "no JSON", False),
    ],
)
def test_pattern_matches_as_documented(pattern: str, message: str, *, matches: bool) -> None:
    assert compile_pattern(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern", ["{ $.a = }", "{ $.a = 1", "{ a = 1 }", "{ ($.a = 1 }", "[ip, user]", "%(%"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        compile_pattern(pattern)


@given(st.text(), st.text())
def test_any_text_is_a_pattern_or_refused(pattern: str, message: str) -> None:
    try:
        matches = compile_pattern(pattern)
    except ValueError:
        return
    assert matches(message) in (True, False)
