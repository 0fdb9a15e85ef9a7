"""Tiers: names, settings, and what is said about the wrong ones."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacks.settings.data import DataSettings
from stacks.settings.hosting import HostingSettings
from stacks.settings.training import TrainingSettings
from stacks.tiers import PRODUCTION, SANDBOX, TierError, TierSettings, find_tier
from tier_layout.names import TIER_NAME_MAX

STACK_NAME = re.compile(r"[A-Za-z][-A-Za-z0-9]{0,127}")
JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
TUNING_JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")


def test_a_known_name_has_its_settings() -> None:
    assert find_tier("Sandbox").settings is SANDBOX


def test_a_name_of_ones_own_takes_the_settings_it_says() -> None:
    assert find_tier("Alice", "Sandbox").settings is SANDBOX


def test_a_known_name_may_take_other_settings() -> None:
    assert find_tier("Production", "Sandbox").settings is SANDBOX


def test_no_tier_lists_what_is_allowed() -> None:
    with pytest.raises(TierError, match=r"(?s)Which tier\?.*Sandbox.*Production.*settings"):
        find_tier(None)


def test_a_name_without_settings_says_how_to_name_them() -> None:
    with pytest.raises(TierError, match=r"(?s)'Alice' has no settings.*-c settings=Sandbox"):
        find_tier("Alice")


def test_unknown_settings_list_the_known_ones() -> None:
    with pytest.raises(TierError, match=r"no settings named 'Huge'\. Settings are Sandbox or"):
        find_tier("Alice", "Huge")


@pytest.mark.parametrize("name", ["1st", "a_b", "a--b", "-a", "a-", "a b", "é", "A" * 33])
def test_a_name_that_cloudformation_refuses_is_refused(name: str) -> None:
    with pytest.raises(TierError, match="cannot prefix a stack"):
        find_tier(name, "Sandbox")


@given(st.from_regex(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*", fullmatch=True))
def test_every_accepted_name_fits_stacks_and_jobs(name: str) -> None:
    if len(name) > TIER_NAME_MAX:
        return
    tier = find_tier(name, "Sandbox")
    assert STACK_NAME.fullmatch(f"{name}-MachineLearningInfrastructure")
    assert JOB_NAME.fullmatch(f"{tier.job_name_prefix}-0123456789ab-20")
    assert TUNING_JOB_NAME.fullmatch(f"{tier.tuning_job_name_prefix}-tune-0123456789ab-20")


@pytest.mark.parametrize("name", ["Sandbox", "Production", "Elevenchars"])
def test_tuning_jobs_carry_the_tiers_name(name: str) -> None:
    assert find_tier(name, "Sandbox").tuning_job_name_prefix == name


def test_tuning_jobs_of_long_names_that_begin_alike_differ() -> None:
    one, other = (
        find_tier(f"Feature-branch-{number}", "Sandbox").tuning_job_name_prefix for number in (1, 2)
    )
    assert one[:6] == other[:6] == "Featur"
    assert one != other


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(TierError) as error:
        TierSettings(
            hosting=HostingSettings(serverless_memory_mb=1000),
            training=TrainingSettings(minimum_accuracy=2, seconds=7200),
        )
    for value in (
        "hosting: serverless_memory_mb=1000",
        "training: minimum_accuracy=2",
        "training: seconds=7200",
    ):
        assert value in str(error.value)


def test_autoscaling_refuses_burstable_instances() -> None:
    with pytest.raises(TierError, match="refuses burstable"):
        TierSettings(
            hosting=HostingSettings(
                instance_type="ml.t2.medium", minimum_instances=1, maximum_instances=2
            )
        )


@pytest.mark.parametrize("kind", ["ml.m5d.large", "ml.g4dn.xlarge", "ml.r7gd.2xlarge"])
def test_a_key_of_ones_own_encrypts_no_local_storage(kind: str) -> None:
    with pytest.raises(TierError, match=f"customer_key=True with hosting.instance_type='{kind}'"):
        TierSettings(
            hosting=HostingSettings(instance_type=kind), data=DataSettings(customer_key=True)
        )


@pytest.mark.parametrize("kind", ["ml.m5.large", "ml.c6i.xlarge", "ml.inf1.xlarge", None])
def test_a_key_of_ones_own_encrypts_volumes(kind: str | None) -> None:
    TierSettings(hosting=HostingSettings(instance_type=kind), data=DataSettings(customer_key=True))


def test_a_canary_needs_two_instances() -> None:
    with pytest.raises(TierError, match="minimum_instances >= 2"):
        TierSettings(hosting=HostingSettings(instance_type="ml.m5.large", canary=True))


STAGING = {"Staging": {"settings": "Production", "hosting": {"maximum_instances": 3}}}


@pytest.mark.parametrize("own", [STAGING, json.dumps(STAGING)])
def test_a_tier_of_ones_own_differs_in_what_it_says(own: dict[str, Any] | str) -> None:
    tier = find_tier("Staging", own=own)
    assert tier.settings == replace(
        PRODUCTION, hosting=replace(PRODUCTION.hosting, maximum_instances=3)
    )
    assert tier.settings_name == "Production"


def test_a_known_tier_may_differ_too() -> None:
    tier = find_tier("Production", own={"Production": {"data": {"retain": False}}})
    assert not tier.settings.data.retain


def test_a_tier_that_is_not_named_is_not_touched() -> None:
    assert find_tier("Sandbox", own=STAGING).settings is SANDBOX


def test_the_settings_that_were_asked_for_win() -> None:
    assert find_tier("Staging", "Sandbox", own=STAGING).settings.training == SANDBOX.training


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"hosting": {"instanceType": "ml.m5.large"}}, r"hosting\.instanceType: Unexpected"),
        ({"hosting": {"canary": "yes"}}, r"hosting\.canary: .* boolean"),
        ({"speed": {"fast": True}}, r"speed: Unexpected"),
        ({"hosting": "fast"}, r"hosting: "),
        ({"training": {"seconds": 1}}, r"training: seconds=1: must be 60 to"),
        ({"settings": "Huge"}, r"no settings named 'Huge'"),
    ],
)
def test_what_cannot_be_a_setting_is_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TierError, match=said):
        find_tier("Alice", own={"Alice": {"settings": "Sandbox"} | changes})


@pytest.mark.parametrize("own", ["{", "[]", '{"Alice": 3}'])
def test_tiers_that_are_no_object_of_objects_are_refused(own: str) -> None:
    with pytest.raises(TierError, match="The context `tiers`"):
        find_tier("Sandbox", own=own)


@pytest.mark.parametrize("days", [29, 3651])
def test_models_are_not_old_before_a_month_nor_after_ten_years(days: int) -> None:
    (problem,) = DataSettings(old_model_days=days).problems()
    assert f"old_model_days={days}: must be 30 to 3650" in problem
