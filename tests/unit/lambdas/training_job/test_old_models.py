"""Which models are deleted when another one has taken over."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from lambdas.training_job.aws_api import Aws
from lambdas.training_job.old_models import BUDGET_SECONDS, OldModels
from tests.lifecycle.fake_aws import (
    MODEL_PARAMETER,
    START,
    EmulatedSageMaker,
    FakeS3,
    FakeSsm,
    client_error,
)
from tests.lifecycle.faults import Fault, Faulty

BUCKET = "data-bucket"
DAYS = 180
A_YEAR_LATER = (START + timedelta(days=365)).timestamp()


class Tier:
    """One that has served models; its clock stands, but for what a test makes calls take."""

    def __init__(self) -> None:
        self.s3, self.ssm, self.now = FakeS3(), FakeSsm(), A_YEAR_LATER
        self.calls: list[str] = []
        self.faults: list[Fault] = []
        self.call_seconds = 0.0

    def serve(self, *names: str) -> None:
        for name in names:
            self.s3.put(BUCKET, model_key(name), b"a model")
            self.ssm.serve(name)

    def expire(self) -> None:
        def spend(seconds: float) -> None:
            self.now += self.call_seconds

        def client(target: object) -> Any:
            return Faulty(target, self.calls, self.faults, spend)

        aws = Aws(sagemaker=EmulatedSageMaker(self.s3), s3=client(self.s3), ssm=client(self.ssm))
        OldModels(bucket=BUCKET, parameter=MODEL_PARAMETER, days=DAYS).expire(aws, lambda: self.now)

    @property
    def keys(self) -> list[str]:
        return sorted(key for _, key in self.s3.objects)


@pytest.fixture
def tier() -> Tier:
    return Tier()


def model_key(name: str) -> str:
    return f"models/{name}/output/model.tar.gz"


def models(*names: str) -> list[str]:
    return [model_key(name) for name in names]


def test_old_model_goes_and_the_last_two_stay_whatever_their_age(tier: Tier) -> None:
    tier.serve("a", "b", "c")
    tier.expire()
    assert tier.keys == models("b", "c")


def test_model_that_was_never_served_goes_as_well(tier: Tier) -> None:
    tier.s3.put(BUCKET, model_key("missed-the-gate"), b"a model")
    tier.serve("a", "b")
    tier.expire()
    assert tier.keys == models("a", "b")


def test_former_model_that_is_served_again_stays_with_the_one_before_it(tier: Tier) -> None:
    tier.serve("a", "b", "c")
    tier.ssm.serve("a")
    tier.expire()
    assert tier.keys == models("a", "c")


def test_change_of_the_description_alone_is_no_other_model(tier: Tier) -> None:
    tier.serve("a", "b", "c")
    tier.ssm.serve("c")
    tier.expire()
    assert tier.keys == models("b", "c")


@pytest.mark.parametrize(("days", "kept"), [(DAYS, models("a", "b", "c")), (181, models("b", "c"))])
def test_model_is_old_after_the_days_that_are_set(tier: Tier, days: int, kept: list[str]) -> None:
    tier.serve("a", "b", "c")
    tier.now = (START + timedelta(days=days)).timestamp()
    tier.expire()
    assert tier.keys == kept


def test_what_no_training_job_puts_there_stays(tier: Tier) -> None:
    others = ["models/a/notes.txt", "models/model.tar.gz", "models/x_y/output/model.tar.gz"]
    for key in [*others, "datasets/a/output/model.tar.gz"]:
        tier.s3.put(BUCKET, key, b"something")
    tier.serve("b", "c")
    tier.expire()
    assert tier.keys == ["datasets/a/output/model.tar.gz", *sorted([*others, *models("b", "c")])]


def test_nothing_goes_while_only_one_model_was_ever_served(tier: Tier) -> None:
    tier.s3.put(BUCKET, model_key("missed-the-gate"), b"a model")
    tier.serve("a")
    tier.expire()
    assert tier.keys == models("a", "missed-the-gate")


def test_nothing_goes_with_the_stack_that_serves(
    tier: Tier, caplog: pytest.LogCaptureFixture
) -> None:
    tier.serve("a", "b", "c")
    tier.ssm.values.clear()
    tier.expire()
    assert (tier.calls, caplog.messages) == (["get_parameter_history"], [])


@pytest.mark.parametrize("value", ["no JSON", "[]", '"text"', '{"accuracy": 0.9}'])
def test_nothing_goes_if_the_one_before_cannot_be_read(tier: Tier, value: str) -> None:
    tier.serve("a", "b", "c")
    tier.ssm.values.insert(-1, value)
    tier.expire()
    assert tier.keys == models("a", "b", "c")


def test_every_page_of_the_history_is_read(tier: Tier) -> None:
    tier.ssm.page_size = 1
    tier.serve("a", "b", "c")
    tier.expire()
    assert tier.keys == models("b", "c")


def test_nothing_goes_if_the_history_has_no_end(tier: Tier) -> None:
    tier.ssm.page_size = 1
    tier.serve("a", "b", "c", "d", "e", "f")
    tier.expire()
    assert tier.keys == models("a", "b", "c", "d", "e", "f")


def test_a_thousand_are_deleted_at_once(tier: Tier) -> None:
    names = [f"job-{number:04}" for number in range(1_500)]
    tier.serve(*names)
    del tier.ssm.values[:-2]
    tier.expire()
    assert len(tier.keys) == 500
    assert tier.calls == ["get_parameter_history", *["list_objects_v2"] * 2, "delete_objects"]


def test_five_thousand_are_looked_at(tier: Tier) -> None:
    tier.serve(*(f"job-{number:04}" for number in range(5_001)))
    del tier.ssm.values[:-2]
    tier.expire()
    assert tier.calls == ["get_parameter_history", *["list_objects_v2"] * 5, "delete_objects"]


@pytest.mark.parametrize("call", [1, 2, 3])
@pytest.mark.parametrize(
    "error",
    [
        lambda operation: client_error("AccessDenied", operation, status=403),
        lambda operation: client_error("InternalFailure", operation, status=500),
        lambda operation: ReadTimeoutError(endpoint_url="https://s3.eu-west-1.amazonaws.com/"),
    ],
    ids=["denied", "internal error", "timeout"],
)
def test_error_of_any_call_is_noted_and_nothing_goes(
    tier: Tier,
    caplog: pytest.LogCaptureFixture,
    call: int,
    error: Callable[[str], BaseException],
) -> None:
    tier.serve("a", "b", "c")
    tier.faults.append(Fault("*", call, error("Any")))
    tier.expire()
    assert tier.keys == models("a", "b", "c")
    assert [message.partition(":")[0] for message in caplog.messages] == ["Old models are kept"]


def test_refusal_says_what_it_takes(tier: Tier, caplog: pytest.LogCaptureFixture) -> None:
    tier.faults.append(Fault("*", 1, client_error("AccessDenied", "GetParameterHistory")))
    tier.expire()
    (message,) = caplog.messages
    assert message.startswith("Old models are kept: GetParameterHistory answers AccessDenied. ")
    assert ("ssm:GetParameterHistory" in message, "s3:DeleteObject" in message) == (True, True)


def test_what_s3_does_not_delete_is_counted(
    tier: Tier, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    tier.serve("a", "b", "c", "d")
    refused = {"Errors": [{"Key": model_key("a"), "Code": "AccessDenied", "Message": "no"}]}
    monkeypatch.setattr(tier.s3, "delete_objects", lambda **request: refused)
    with caplog.at_level(logging.INFO):
        tier.expire()
    assert caplog.messages[0].startswith(
        "1 old models are kept: DeleteObjects answers AccessDenied. It takes "
    )
    assert caplog.messages[1] == "1 old models are deleted"


@pytest.mark.parametrize(
    ("seconds", "calls"),
    [
        (BUDGET_SECONDS, ["get_parameter_history"]),
        (BUDGET_SECONDS / 2, ["get_parameter_history", "list_objects_v2"]),
        (
            BUDGET_SECONDS / 3,
            ["get_parameter_history", "list_objects_v2", "delete_objects"],
        ),
    ],
)
def test_no_call_begins_when_the_time_is_used_up(
    tier: Tier, seconds: float, calls: list[str]
) -> None:
    tier.serve("a", "b", "c")
    tier.call_seconds = seconds
    tier.expire()
    assert tier.calls == calls


def test_history_that_was_read_in_part_deletes_nothing(tier: Tier) -> None:
    tier.ssm.page_size = 2
    tier.serve("a", "b", "c")
    tier.call_seconds = BUDGET_SECONDS
    tier.expire()
    assert tier.calls == ["get_parameter_history"]


def test_function_without_the_setting_has_nothing_to_do_with_old_models() -> None:
    assert OldModels.from_environment({"DATA_BUCKET": "b", "MODEL_PARAMETER": "p"}) is None


def test_environment_says_all() -> None:
    assert OldModels.from_environment(
        {"DATA_BUCKET": "b", "MODEL_PARAMETER": "p", "OLD_MODEL_DAYS": "30"}
    ) == OldModels(bucket="b", parameter="p", days=30)
