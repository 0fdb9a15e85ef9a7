"""A role without one of its permissions: `make permissions` has every one, here are four."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.end_to_end.acting_tier import ActingTier
from tests.end_to_end.conftest import TIER, DeployedTier
from tests.end_to_end.permission_courses import COURSES, NOT_TRIED
from tests.end_to_end.role_permissions import Permission, permissions, taken_away
from tests.end_to_end.trial_stacks import Outcome

API = "SentimentAnalysis/FunctionServiceRole"
POLL = "TrainingJob/PollTrainingJobServiceRole"
WAITER = "TrainingJob/ProviderwaiterstatemachineRole"


@pytest.fixture(scope="module")
def tier(sandbox: DeployedTier) -> Iterator[ActingTier]:
    """The sandbox; stacks and jobs that were tried are gone afterwards."""
    before = set(sandbox.aws.training_jobs())
    tier = ActingTier(sandbox, TIER)
    yield tier
    for trial in tier.trials:
        trial.begin_deletion()
    assert all(trial.deleted().done for trial in tier.trials)
    for name in set(sandbox.aws.training_jobs()) - before:
        sandbox.aws.client("sagemaker").delete_training_job(TrainingJobName=name)


@pytest.fixture(scope="module")
def known(tier: ActingTier) -> dict[str, Permission]:
    return {str(one): one for one in permissions(tier.tier.aws, tier.names.stacks)}


@pytest.fixture(scope="module")
def without(tier: ActingTier, known: dict[str, Permission]) -> Any:
    """`without(name, act)`: what becomes of it."""

    def outcome(name: str, act: Callable[[], Outcome]) -> Outcome:
        with taken_away(tier.tier.aws.client("iam"), known[name]):
            return act()

    return outcome


def test_something_is_known_to_need_each_permission(known: dict[str, Permission]) -> None:
    assert set(known) - set(COURSES) - set(NOT_TRIED) == set()


def test_permission_comes_back_when_what_needed_it_raises(
    tier: ActingTier, known: dict[str, Permission]
) -> None:
    with (
        pytest.raises(KeyError),
        taken_away(tier.tier.aws.client("iam"), known[f"{POLL}: iam:PassRole"]),
    ):
        raise KeyError
    now = permissions(tier.tier.aws, tier.names.stacks)
    assert {str(one): one for one in now} == known


def test_api_that_may_not_ask_the_endpoint_says_so_in_its_log(
    tier: ActingTier, without: Any
) -> None:
    outcome = without(f"{API}: sagemaker:InvokeEndpoint", tier.call)
    assert (outcome.done, "sagemaker:InvokeEndpoint" in outcome.said) == (False, True)


def test_callers_are_not_told_of_roles(tier: ActingTier, without: Any) -> None:
    answers: list[str] = []

    def call() -> Outcome:
        outcome = tier.call()
        answers.append(tier.request({"instances": ["a fine film"]}).text)
        return outcome

    without(f"{API}: sagemaker:InvokeEndpoint", call)
    assert [("arn:" in answer, "InvokeEndpoint" in answer) for answer in answers] == [
        (False, False)
    ]


def test_job_that_may_not_read_its_data_fails_with_the_reason(
    tier: ActingTier, without: Any
) -> None:
    outcome = without("TrainingJob/ExecutionRole: s3:GetObject", tier.train)
    assert (outcome.done, "s3:GetObject" in outcome.said) == (False, True)


def test_deployment_that_may_not_pass_the_role_fails_until_it_may(
    tier: ActingTier, without: Any
) -> None:
    model = tier.new_model()
    outcome = without(f"{POLL}: iam:PassRole", lambda: tier.create(model).created())
    assert (outcome.done, "iam:PassRole" in outcome.said) == (False, True)
    assert tier.create(model).created().done


def test_state_machine_that_may_not_ask_goes_on_once_it_may(tier: ActingTier, without: Any) -> None:
    name = f"{WAITER}: lambda:InvokeFunction"
    trial = COURSES[name](tier)
    outcome = without(name, trial.act)
    assert (outcome.done, "lambda:InvokeFunction" in outcome.said) == (False, True)
    assert trial.again().done
