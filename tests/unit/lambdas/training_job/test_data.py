"""What the beginning of a file tells about the file."""

from hypothesis import given
from hypothesis import strategies as st

from lambdas.training_job.data_sample import read_sample


@given(st.lists(st.text("aé漢😀 ", min_size=1), min_size=3), st.integers(1, 60))
def test_cut_anywhere_is_no_problem_for_labelled_text(texts: list[str], cut: int) -> None:
    content = "".join(f"__label__a {text}\n" for text in texts).encode()

    assert read_sample(content[: max(len(content) - cut, 20)], whole=False).problem is None


def test_label_may_stand_anywhere_in_the_line() -> None:
    assert read_sample(b"good __label__a show\n", whole=True).problem is None


def test_label_without_a_name_is_none() -> None:
    assert read_sample(b"__label__ good show\n", whole=True).problem is not None


def test_some_lines_without_a_label_are_let_through() -> None:
    assert read_sample(b"heading\n__label__a x\n__label__b y\n", whole=True).problem is None


def test_label_on_only_half_of_the_lines_is_a_problem() -> None:
    sample = b"__label__a\nits text\n__label__b\nits text\n"

    assert read_sample(sample, whole=True).problem == "has a label in only 2 of its first 4 lines"


def test_incomplete_last_line_is_not_judged() -> None:
    assert read_sample(b"__label__a x\n__lab", whole=False).problem is None


def test_character_cut_at_the_end_of_a_whole_file_is_a_problem() -> None:
    problem = read_sample("__label__a é".encode()[:-1], whole=True).problem

    assert problem is not None
    assert "not UTF-8" in problem


def test_every_label_of_a_line_is_seen_without_its_prefix() -> None:
    sample = read_sample(b"__label__a __label__b x\n__label__a y __label__c\n", whole=True)

    assert sample.labels == {"a", "b", "c"}


def test_label_of_an_incomplete_last_line_is_not_seen() -> None:
    assert read_sample(b"__label__a x\n__label__posi", whole=False).labels == {"a"}


def test_prefix_alone_is_no_label() -> None:
    assert read_sample(b"__label__a __label__ x\n", whole=True).labels == {"a"}


def test_file_with_a_problem_has_no_labels() -> None:
    assert read_sample(b"__label__a x\ny\nz\n", whole=True).labels == frozenset()
