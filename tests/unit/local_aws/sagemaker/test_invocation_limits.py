"""How large an invocation may be, and how many may run at once."""

import pytest

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.invocation_limits import Invocations

SERVERLESS = {"MaxConcurrency": 2, "MemorySizeInMB": 2048}
MIB = 1024 * 1024


@pytest.mark.parametrize(("serverless", "limit"), [(SERVERLESS, 4 * MIB), (None, 6 * MIB)])
def test_a_body_of_the_largest_size_is_admitted(
    serverless: dict[str, int] | None, limit: int
) -> None:
    with Invocations().admitted("one", serverless, bytes(limit)):
        pass


@pytest.mark.parametrize(("serverless", "limit"), [(SERVERLESS, 4 * MIB), (None, 6 * MIB)])
def test_a_larger_body_is_refused(serverless: dict[str, int] | None, limit: int) -> None:
    invocation = Invocations().admitted("one", serverless, bytes(limit + 1))
    with (
        pytest.raises(SageMakerError, match=f"less than or equal to {limit}") as caught,
        invocation,
    ):
        pass
    assert caught.value.code == "ValidationError"


def test_more_than_the_maximum_concurrency_is_throttled() -> None:
    invocations = Invocations()
    one, two, three = (invocations.admitted("one", SERVERLESS, b"") for _ in range(3))
    with one, two, pytest.raises(SageMakerError) as caught, three:
        pass
    assert caught.value.code == "ThrottlingException"


def test_an_answered_invocation_makes_room() -> None:
    invocations = Invocations()
    for _ in range(3):
        with invocations.admitted("one", SERVERLESS, b""):
            pass


def test_each_endpoint_has_its_own_concurrency() -> None:
    invocations = Invocations()
    one, two, other = (
        invocations.admitted(name, SERVERLESS, b"") for name in ("one", "one", "other")
    )
    with one, two, other:
        pass


def test_instances_queue_what_comes() -> None:
    invocations = Invocations()
    one, two, three = (invocations.admitted("one", None, b"") for _ in range(3))
    with one, two, three:
        pass
