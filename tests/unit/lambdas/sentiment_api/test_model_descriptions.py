"""Which model an answer is said to be of, whatever the two parameters say at that moment."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from lambdas.sentiment_api.model_descriptions import (
    MAX_AGE_SECONDS,
    RETRY_SECONDS,
    SEARCH_SECONDS,
    ModelDescriptions,
)
from tests.unit.lambdas.sentiment_api.sentiment_api_harness import (
    DESCRIPTION,
    FORMER_DESCRIPTION,
    PARAMETERS,
    FakeParameterStore,
    client_error,
    fingerprint_of,
)
from tier_layout import fingerprint
from tier_layout.fingerprint import TOLERANCE, Reading

OLD, NEW, OTHER = ({"positive": p, "negative": 1 - p} for p in (0.2, 0.5, 0.9))
"""What three models say of the fingerprint's texts."""
UNDESCRIBED = {"positive": 0.35, "negative": 0.65}


def described(says: Mapping[str, float], job: str = "", **members: object) -> str:
    """The parameter's value for a model, named by what it says."""
    name = job or f"job-{says['positive']:g}"
    return json.dumps(
        {**DESCRIPTION, "training_job": name, "fingerprint": fingerprint_of(says), **members}
    )


def reading(says: Mapping[str, float]) -> Reading:
    """What a container with that model answers."""
    return fingerprint.reading([says] * len(fingerprint.TEXTS))


class Tier:
    """Descriptions, their clock and their parameters."""

    def __init__(self, value: str | Exception, coming: str | None = None) -> None:
        self.now = 1000.0
        self.store = FakeParameterStore(value)
        self.store.coming = coming
        self.descriptions = ModelDescriptions(
            self.store, parameters=PARAMETERS, clock=lambda: self.now
        )

    def name(self, says: Mapping[str, float], *, after: float = 0.0) -> str | None:
        """The training job that is named when a model answers so."""
        self.now += after
        self.descriptions.described()
        model = self.descriptions.that_gave(reading(says))
        return model.info.training_job if model else None


def test_parameters_are_read_in_one_call_by_their_names() -> None:
    tier = Tier(described(OLD))

    assert tier.name(OLD) == "job-0.2"
    assert tier.store.reads == [PARAMETERS]


def test_parameters_are_not_read_before_they_are_needed() -> None:
    assert Tier(described(OLD)).store.reads == []


def test_members_that_we_do_not_know_are_ignored() -> None:
    assert Tier(described(OLD, trained_at="2026-11-21")).name(OLD) == "job-0.2"


def test_training_data_of_a_model_from_elsewhere_are_unknown() -> None:
    tier = Tier(described(OLD, training_data=""))

    assert tier.descriptions.described()[0].info.training_data is None


def test_each_of_two_fleets_is_named_by_its_own_answer() -> None:
    tier = Tier(described(OLD), coming=described(NEW))

    assert [tier.name(says) for says in (NEW, OLD, OLD, NEW)] == [
        "job-0.5",
        "job-0.2",
        "job-0.2",
        "job-0.5",
    ]
    assert len(tier.store.reads) == 1


def test_new_model_is_named_by_its_first_answer() -> None:
    tier = Tier(described(OLD))
    tier.name(OLD)
    tier.store.coming = described(NEW)

    assert tier.name(NEW, after=SEARCH_SECONDS) == "job-0.5"


def test_former_model_is_still_named_after_a_swap() -> None:
    tier = Tier(described(OLD), coming=described(NEW))
    tier.name(OLD)
    tier.store.value, tier.store.coming = described(NEW), None
    tier.name(NEW, after=MAX_AGE_SECONDS)

    assert tier.name(OLD) == "job-0.2"


def test_model_is_named_that_is_taken_back() -> None:
    tier = Tier(described(OLD), coming=described(NEW))
    tier.name(NEW)
    tier.store.coming = None
    tier.name(OLD, after=MAX_AGE_SECONDS)

    assert tier.name(NEW) == "job-0.5"


def test_model_that_is_not_described_has_no_name() -> None:
    assert Tier(described(OLD), coming=described(NEW)).name(UNDESCRIBED) is None


@pytest.mark.parametrize(
    ("off_by", "name"), [(TOLERANCE / 100, "job-0.2"), (TOLERANCE * 100, None)]
)
def test_answer_may_differ_as_much_as_arithmetic_does(off_by: float, name: str | None) -> None:
    says = {"positive": OLD["positive"] + off_by, "negative": OLD["negative"] - off_by}

    assert Tier(described(OLD)).name(says) == name


def test_answer_without_a_line_break_is_of_the_model_too() -> None:
    both = {**fingerprint_of(OLD)}
    both["readings"] += fingerprint_of(NEW)["readings"]
    tier = Tier(described(OLD, fingerprint=both))

    assert [tier.name(OLD), tier.name(NEW)] == ["job-0.2", "job-0.2"]


def test_container_that_answers_none_of_the_texts_has_no_name() -> None:
    tier = Tier(described(OLD))

    assert tier.descriptions.that_gave((None,) * len(fingerprint.TEXTS)) is None


def test_unknown_answer_is_searched_for_ever_less_often() -> None:
    tier = Tier(described(OLD))
    for _ in range(600):
        tier.name(UNDESCRIBED, after=0.1)

    # At 0, 1, 3, 7, 15 and 31 s, and once a minute.
    assert len(tier.store.reads) <= 7


def test_search_is_quick_again_after_a_name_was_found() -> None:
    tier = Tier(described(OLD))
    for _ in range(600):
        tier.name(UNDESCRIBED, after=0.1)
    tier.name(OLD, after=MAX_AGE_SECONDS)
    tier.store.coming = described(NEW)

    assert tier.name(NEW, after=SEARCH_SECONDS) == "job-0.5"


def test_other_figures_of_the_same_model_are_taken_over_within_a_minute() -> None:
    tier = Tier(described(OLD, accuracy=0.8))
    tier.name(OLD)
    tier.store.value = described(OLD, accuracy=0.9)
    tier.name(OLD, after=MAX_AGE_SECONDS)

    model = tier.descriptions.that_gave(reading(OLD))
    assert model is not None
    assert model.info.accuracy == 0.9


def test_of_two_descriptions_of_one_model_the_one_in_service_counts() -> None:
    tier = Tier(described(OLD, "serving"), coming=described(OLD, "coming"))

    assert tier.name(OLD) == "serving"


def test_coming_model_is_known_while_none_is_in_service() -> None:
    tier = Tier("")
    tier.store.value, tier.store.coming = None, described(NEW)

    assert tier.name(NEW) == "job-0.5"


def test_description_without_a_fingerprint_is_of_any_model() -> None:
    tier = Tier(json.dumps(FORMER_DESCRIPTION))

    assert tier.name(OLD) == FORMER_DESCRIPTION["training_job"]


def test_description_without_a_fingerprint_stands_back_for_one_that_fits() -> None:
    tier = Tier(json.dumps(FORMER_DESCRIPTION), coming=described(NEW))

    assert [tier.name(NEW), tier.name(OLD)] == ["job-0.5", FORMER_DESCRIPTION["training_job"]]


@pytest.mark.parametrize(
    "unlike",
    [
        None,
        {},
        {"texts": "00000000", "readings": fingerprint_of(OLD)["readings"]},
        {"texts": fingerprint.VERSION, "readings": []},
        {"texts": fingerprint.VERSION, "readings": [[0.1]]},
        {"texts": fingerprint.VERSION, "readings": [["a"] * len(fingerprint.TEXTS)]},
    ],
)
def test_fingerprint_of_other_texts_is_none(unlike: object) -> None:
    assert Tier(described(OLD, fingerprint=unlike)).name(UNDESCRIBED) == "job-0.2"


def test_last_known_models_are_named_while_ssm_fails() -> None:
    tier = Tier(described(OLD), coming=described(NEW))
    tier.name(OLD)
    tier.store.value = client_error("ThrottlingException")

    assert [tier.name(OLD, after=MAX_AGE_SECONDS), tier.name(NEW)] == ["job-0.2", "job-0.5"]


@pytest.mark.parametrize("value", [client_error("ThrottlingException"), "{}", "no JSON"])
def test_failed_read_is_not_repeated_at_once(value: str | Exception) -> None:
    tier = Tier(value)
    tier.name(OLD)

    assert tier.name(OLD, after=RETRY_SECONDS - 1) is None
    assert len(tier.store.reads) == 1


@pytest.mark.parametrize("value", [client_error("ThrottlingException"), "{}", None])
def test_failed_read_is_repeated_soon(value: Any) -> None:
    tier = Tier("")
    tier.store.value = value
    tier.name(OLD)
    tier.store.value = described(OLD)

    assert tier.name(OLD, after=RETRY_SECONDS) == "job-0.2"


class Rollouts(RuleBasedStateMachine):
    """Deployments in the order of the template, taken back at any point, while models answer."""

    @initialize()
    def deploy_the_first(self) -> None:
        self.serving, self.coming = OLD, OLD
        self.answering = [OLD]
        self.tier = Tier(described(OLD))
        self.after = 0.0

    @rule(model=st.sampled_from([OLD, NEW, OTHER]))
    def begin(self, model: dict[str, float]) -> None:
        self.coming = model
        self.tier.store.coming = described(model)
        self.answering = [self.serving, model]

    @rule()
    def finish(self) -> None:
        self.serving = self.coming
        self.tier.store.value = described(self.serving)
        self.answering = [self.serving]

    @rule()
    def take_back(self) -> None:
        # CloudFormation may write the parameter back before the endpoint is what it was.
        self.tier.store.coming = described(self.serving)
        self.answering = [self.serving, self.coming]
        self.coming = self.serving

    @rule()
    def settle(self) -> None:
        self.answering = [self.serving]

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.tier.now += seconds

    @rule()
    def lose_the_function(self) -> None:
        now = self.tier.now
        store = self.tier.store
        self.tier = Tier("")
        self.tier.now, self.tier.store = now, store
        self.tier.descriptions = ModelDescriptions(
            store, parameters=PARAMETERS, clock=lambda: self.tier.now
        )

    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        says = data.draw(st.sampled_from(self.answering))
        noise = data.draw(st.floats(-1e-5, 1e-5))
        said = {"positive": says["positive"] + noise, "negative": says["negative"] - noise}
        assert self.tier.name(said) in {None, f"job-{says['positive']:g}"}


TestRollouts = Rollouts.TestCase
TestRollouts.settings = settings(max_examples=80, stateful_step_count=30)
