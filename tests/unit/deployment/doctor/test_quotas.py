"""The quotas of a tier's instance types, against a Service Quotas of many pages."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from deployment.doctor.finding import Finding, Verdict
from deployment.doctor.quotas import SERVERLESS, quota_findings, wanted_quotas
from stacks.tiers import PRODUCTION, SANDBOX, TierSettings

TRAINING = "ml.c5.xlarge for training job usage"
HOSTING = "ml.m5.large for endpoint usage"


class Quotas:
    """A Service Quotas with a page for each quota, after one with others."""

    def __init__(self, values: Mapping[str, float]) -> None:
        others = [{"QuotaName": f"ml.{n}.large for x", "QuotaCode": "L-0", "Value": 1.0}
                  for n in range(3)]  # fmt: skip
        ours = [
            [{"QuotaName": name, "QuotaCode": f"L-{n}", "Value": value}]
            for n, (name, value) in enumerate(values.items(), start=1)
        ]
        self._pages = [others, *ours]
        self.calls = 0

    def list_service_quotas(self, **request: Any) -> dict[str, Any]:
        assert request["ServiceCode"] == "sagemaker"
        self.calls += 1
        number = int(request.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(self._pages) else {}
        return {"Quotas": self._pages[number], **more}


class Failing:
    """A Service Quotas that fails in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def list_service_quotas(self, **_: Any) -> dict[str, Any]:
        raise self._error


def findings(settings: TierSettings, values: Mapping[str, float]) -> list[Finding]:
    return quota_findings(Quotas(values), list(wanted_quotas(settings)))


def verdicts(settings: TierSettings, values: Mapping[str, float]) -> dict[str, Verdict]:
    return {finding.check: finding.verdict for finding in findings(settings, values)}


def test_quota_of_zero_is_a_problem_and_its_increase_is_the_mend() -> None:
    training, _ = findings(SANDBOX, {TRAINING: 0.0, SERVERLESS: 10.0})
    assert training.verdict == Verdict.PROBLEM
    assert training.said == f"0 × {TRAINING}; the tier needs 1"
    assert "--quota-code L-1 --desired-value 2" in training.mend


@pytest.mark.parametrize(
    ("value", "verdict"), [(3, Verdict.PROBLEM), (4, Verdict.NOTICE), (8, Verdict.FINE)]
)
def test_hosting_needs_its_instances_twice_because_a_rollout_has_two_fleets(
    value: int, verdict: Verdict
) -> None:
    assert verdicts(PRODUCTION, {TRAINING: 2, HOSTING: value})["hosting"] == verdict


def test_serverless_needs_its_concurrency() -> None:
    assert verdicts(SANDBOX, {TRAINING: 2, SERVERLESS: 9})["hosting"] == Verdict.PROBLEM


def test_one_training_job_at_a_time_is_enough_without_a_search() -> None:
    assert verdicts(SANDBOX, {TRAINING: 1, SERVERLESS: 10})["training"] == Verdict.NOTICE


def test_name_is_found_in_other_capitals() -> None:
    assert verdicts(SANDBOX, {TRAINING.upper(): 2, SERVERLESS: 10})["training"] == Verdict.FINE


def test_list_is_read_no_further_than_needed() -> None:
    client = Quotas({TRAINING: 2, SERVERLESS: 10, "more": 1, "and more": 1})
    quota_findings(client, list(wanted_quotas(SANDBOX)))
    assert client.calls == 3


def test_quota_that_is_not_listed_is_a_notice_with_what_is_needed() -> None:
    _, hosting = findings(SANDBOX, {TRAINING: 2})
    assert (hosting.verdict, SERVERLESS in hosting.said) == (Verdict.NOTICE, True)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "x"),
        ClientError({"Error": {"Code": "UnknownOperationException", "Message": "no"}}, "x"),
        EndpointConnectionError(endpoint_url="https://servicequotas"),
    ],
)
def test_quotas_that_cannot_be_read_are_a_notice_with_what_is_needed(error: Exception) -> None:
    (finding,) = quota_findings(Failing(error), list(wanted_quotas(PRODUCTION)))
    assert finding.verdict == Verdict.NOTICE
    assert f"1 × {TRAINING}, 4 × {HOSTING}" in finding.said
