"""What the beginning of a file tells about the file."""

from hypothesis import given
from hypothesis import strategies as st

from lambdas.training_job.training_data import problem_with_sample


@given(st.lists(st.text("aé漢😀 ", min_size=1), min_size=3), st.integers(1, 60))
def test_cut_anywhere_is_no_problem_for_labelled_text(texts: list[str], cut: int) -> None:
    content = "".join(f"__label__a {text}\n" for text in texts).encode()

    assert problem_with_sample(content[: max(len(content) - cut, 20)], whole=False) is None


def test_label_may_stand_anywhere_in_the_line() -> None:
    assert problem_with_sample(b"good __label__a show\n", whole=True) is None


def test_label_without_a_name_is_none() -> None:
    assert problem_with_sample(b"__label__ good show\n", whole=True) is not None


def test_some_lines_without_a_label_are_let_through() -> None:
    assert problem_with_sample(b"heading\n__label__a x\n__label__b y\n", whole=True) is None


def test_label_on_only_half_of_the_lines_is_a_problem() -> None:
    sample = b"__label__a\nits text\n__label__b\nits text\n"

    assert problem_with_sample(sample, whole=True) == "has a label in only 2 of its first 4 lines"


def test_incomplete_last_line_is_not_judged() -> None:
    assert problem_with_sample(b"__label__a x\n__lab", whole=False) is None


def test_character_cut_at_the_end_of_a_whole_file_is_a_problem() -> None:
    problem = problem_with_sample("__label__a é".encode()[:-1], whole=True)

    assert problem is not None
    assert "not UTF-8" in problem
