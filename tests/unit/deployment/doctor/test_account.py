"""Credentials, region and bootstrap."""

from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)

from deployment.doctor.account import bootstrap, credentials, image
from deployment.doctor.finding import Finding, Verdict

LOCAL = "http://127.0.0.1:4566"


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "why"}}, "x")


class Aws:
    """Answers, or fails, with one value for every call."""

    def __init__(self, answer: Exception | dict[str, Any]) -> None:
        self._answer = answer

    def get_caller_identity(self) -> dict[str, Any]:
        return self._said()

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803
        assert Name == "/cdk-bootstrap/hnb659fds/version"
        return self._said()

    def _said(self) -> dict[str, Any]:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def who(answer: Exception | dict[str, Any], *, endpoint_url: str | None = None) -> Finding:
    return credentials(Aws(answer), endpoint_url=endpoint_url)


def version(answer: Exception | str) -> Finding:
    said: Any = {"Parameter": {"Value": answer}} if isinstance(answer, str) else answer
    return bootstrap(Aws(said), context="-c tier=Alice -c settings=Sandbox")


def test_identity_and_account_are_said() -> None:
    found = who({"Arn": "arn:aws:iam::111122223333:user/anne", "Account": "111122223333"})
    assert found.verdict == Verdict.FINE
    assert found.said == "arn:aws:iam::111122223333:user/anne, account 111122223333"


def test_address_in_place_of_aws_is_said() -> None:
    found = who({"Arn": "arn", "Account": "1"}, endpoint_url=LOCAL)
    assert found.said.endswith(f"by AWS_ENDPOINT_URL {LOCAL}")


@pytest.mark.parametrize(
    ("error", "mend"),
    [
        (NoCredentialsError(), "aws configure sso"),
        (UnauthorizedSSOTokenError(), "aws sso login"),
        (ConnectTimeoutError(endpoint_url="https://sts"), "curl -I"),
        (refusal("ExpiredToken"), "aws sso login"),
        (refusal("InvalidClientTokenId"), "aws configure list"),
    ],
)
def test_credentials_that_do_not_work_are_a_problem(error: Exception, mend: str) -> None:
    found = who(error)
    assert (found.verdict, mend in found.mend) == (Verdict.PROBLEM, True)


def test_address_where_nothing_answers_is_mended_by_starting_what_should() -> None:
    found = who(EndpointConnectionError(endpoint_url=LOCAL), endpoint_url=LOCAL)
    assert found.mend.startswith("python -m local_aws up")


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("33", Verdict.FINE),
        ("6", Verdict.FINE),
        ("5", Verdict.PROBLEM),
        ("none", Verdict.PROBLEM),
        (refusal("ParameterNotFound"), Verdict.PROBLEM),
        (refusal("AccessDeniedException"), Verdict.NOTICE),
        (refusal("ThrottlingException"), Verdict.NOTICE),
        (ReadTimeoutError(endpoint_url="https://ssm"), Verdict.NOTICE),
    ],
)
def test_bootstrap(answer: Exception | str, verdict: Verdict) -> None:
    assert version(answer).verdict == verdict


def test_bootstrap_is_mended_for_this_very_tier() -> None:
    found = version(refusal("ParameterNotFound"))
    assert found.mend == "npx cdk bootstrap -c tier=Alice -c settings=Sandbox"


def test_region_with_the_image_is_fine() -> None:
    assert image("eu-central-1").verdict == Verdict.FINE


def test_region_without_the_image_is_a_problem_that_names_those_with_it() -> None:
    found = image("eu-south-9")
    assert (found.verdict, "eu-south-1" in found.said) == (Verdict.PROBLEM, True)
