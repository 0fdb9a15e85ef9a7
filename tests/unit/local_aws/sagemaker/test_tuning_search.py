"""Optuna as the optimiser of tuning jobs."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_aws.sagemaker.tuning_optuna import OptunaOptimiser
from local_aws.sagemaker.tuning_space import (
    Choice,
    FloatRange,
    IntegerRange,
    Parameter,
    SearchSpace,
    in_words,
)


def space(*parameters: Parameter, **changes: Any) -> SearchSpace:
    members = {"maximise": True, "trials": 12, "seed": 1, **changes}
    return SearchSpace(parameters=parameters, **members)


def trials(
    searched: SearchSpace, objective: Callable[[dict[str, str]], float | None] = lambda values: 0.0
) -> list[dict[str, str]]:
    """Every trial's hyperparameters, each told before the next is asked for."""
    search = OptunaOptimiser().begin(searched)
    found = []
    for number in range(searched.trials):
        found.append(search.ask())
        search.tell(number, objective(found[-1]))
    return found


def numbers(searched: SearchSpace, **more: Any) -> list[float]:
    return [float(values["x"]) for values in trials(searched, **more)]


guided = st.booleans()


@settings(max_examples=25)
@given(
    low=st.integers(-(2**31), 2**30),
    width=st.integers(0, 2**30),
    guided=guided,
    logarithmic=st.booleans(),
)
def test_integers_stay_in_their_range(
    low: int, width: int, guided: bool, logarithmic: bool
) -> None:
    low = abs(low) + 1 if logarithmic else low
    searched = space(IntegerRange("x", low, low + width, logarithmic), guided=guided)
    for values in trials(searched):
        assert low <= int(values["x"]) <= low + width


@settings(max_examples=25)
@given(
    low=st.floats(-1e9, 1e9),
    width=st.floats(0, 1e9),
    guided=guided,
    logarithmic=st.booleans(),
)
def test_numbers_stay_in_their_range(
    low: float, width: float, guided: bool, logarithmic: bool
) -> None:
    low = abs(low) + 1e-9 if logarithmic else low
    searched = space(FloatRange("x", low, low + width, logarithmic), guided=guided)
    for value in numbers(searched):
        assert low <= value <= low + width


@settings(max_examples=10)
@given(values=st.lists(st.text(max_size=5), min_size=1, max_size=30, unique=True), guided=guided)
def test_a_choice_is_one_of_its_values(values: list[str], guided: bool) -> None:
    searched = space(Choice("x", tuple(values)), guided=guided)
    assert {one["x"] for one in trials(searched)} <= set(values)


@pytest.mark.parametrize("guided", [True, False])
def test_the_same_seed_gives_the_same_search(guided: bool) -> None:
    searched = space(
        IntegerRange("n", 1, 1000), FloatRange("x", 0, 1), Choice("c", ("a", "b")), guided=guided
    )
    assert trials(searched) == trials(searched)


def test_another_seed_gives_another_search() -> None:
    assert numbers(space(FloatRange("x", 0, 1))) != numbers(space(FloatRange("x", 0, 1), seed=2))


@pytest.mark.parametrize("guided", [True, False])
def test_any_seed_is_taken(guided: bool) -> None:
    searched = space(FloatRange("x", 0, 1), seed=2**40 + 1, guided=guided)
    assert numbers(searched) == numbers(searched)


def test_a_search_without_a_seed_is_a_new_one_every_time() -> None:
    searched = space(FloatRange("x", 0, 1), seed=None)
    assert numbers(searched) != numbers(searched)


def test_on_a_logarithmic_scale_each_order_of_magnitude_gets_its_share() -> None:
    def below(limit: float, *, logarithmic: bool) -> int:
        parameter = FloatRange("x", 1e-4, 1.0, logarithmic)
        found = numbers(space(parameter, guided=False, trials=200))
        return sum(value < limit for value in found)

    assert 75 < below(0.01, logarithmic=True) < 125
    assert below(0.01, logarithmic=False) < 10


def test_integers_on_a_logarithmic_scale_are_small_more_often() -> None:
    parameter = IntegerRange("x", 1, 1_000_000, logarithmic=True)
    found = numbers(space(parameter, guided=False, trials=200))
    assert 75 < sum(value < 1000 for value in found) < 125


def test_integers_are_written_without_a_point() -> None:
    assert all(one["x"].isdigit() for one in trials(space(IntegerRange("x", 1, 1000))))


@pytest.mark.parametrize("maximise", [True, False])
def test_a_guided_search_goes_where_it_was_better(maximise: bool) -> None:
    searched = space(FloatRange("x", 0, 1), trials=40, maximise=maximise)
    found = numbers(searched, objective=lambda values: float(values["x"]))
    late = sum(found[20:]) / 20
    assert late > 0.7 if maximise else late < 0.3


def test_a_blind_search_learns_nothing() -> None:
    searched = space(FloatRange("x", 0, 1), guided=False)
    upward = numbers(searched, objective=lambda values: float(values["x"]))
    downward = numbers(searched, objective=lambda values: -float(values["x"]))
    assert upward == downward


def test_a_search_goes_on_after_trials_without_an_objective() -> None:
    searched = space(FloatRange("x", 0, 1), trials=30)
    assert len(set(numbers(searched, objective=lambda values: None))) == 30


def test_trials_may_run_side_by_side_and_end_in_any_order() -> None:
    search = OptunaOptimiser().begin(space(FloatRange("x", 0, 1), trials=30))
    found = [search.ask() for _ in range(10)]
    for number in reversed(range(10)):
        search.tell(number, float(found[number]["x"]))
    assert 0 <= float(search.ask()["x"]) <= 1


def test_the_optimiser_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    trials(space(FloatRange("x", 0, 1), trials=15))
    assert capfd.readouterr() == ("", "")


def test_people_see_short_numbers() -> None:
    values = {"epochs": "12345", "learning_rate": "0.012345678", "min_count": "2", "kind": "a b"}
    assert in_words(values) == "epochs 12345, learning_rate 0.0123, min_count 2, kind a b"
