"""Properties as CloudFormation sends them: strings, all of whose problems are collected."""

import pytest

from lambdas.custom_resource.property_reader import PropertyReader


def reader(value: object) -> PropertyReader:
    return PropertyReader({"Name": value})


@pytest.mark.parametrize(("text", "value"), [("0", 0), ("0.6", 0.6), ("1", 1), (1, 1)])
def test_fraction_is_read(text: object, value: float) -> None:
    read = reader(text)

    assert read.fraction("Name") == value
    assert read.problems == []


@pytest.mark.parametrize("text", ["-0.1", "1.1", "nan", "much", None])
def test_what_is_no_fraction_is_a_problem(text: object) -> None:
    read = reader(text)
    read.fraction("Name")

    assert read.problems == [f"Name must be a number from 0 to 1, not {text!r}"]


@pytest.mark.parametrize(("text", "value"), [("true", True), ("false", False)])
def test_switch_is_read(text: str, value: bool) -> None:
    read = reader(text)

    assert read.switch("Name") is value
    assert read.problems == []


@pytest.mark.parametrize(("text", "value"), [("1", 1), ("5", 5)])
def test_whole_number_is_read_up_to_its_bounds(text: str, value: int) -> None:
    read = reader(text)

    assert read.whole("Name", 1, 5) == value
    assert read.problems == []


@pytest.mark.parametrize("text", ["0", "6", "many"])
def test_whole_number_out_of_its_bounds_is_a_problem(text: str) -> None:
    read = reader(text)
    read.whole("Name", 1, 5)

    assert read.problems == [f"Name must be a whole number from 1 to 5, not {text!r}"]


@pytest.mark.parametrize("value", [None, ""])
def test_missing_text_is_a_problem_and_reads_as_nothing(value: object) -> None:
    read = reader(value)

    assert read.text("Name", "a+", "some a") == ""
    assert read.problems == ["Name is missing: it must be some a"]


@pytest.mark.parametrize("value", ["b", "aab", 5])
def test_text_of_another_form_is_a_problem_and_reads_as_nothing(value: object) -> None:
    read = reader(value)

    assert read.text("Name", "a+", "some a") == ""
    assert read.problems == [f"Name must be some a, not {value!r}"]
