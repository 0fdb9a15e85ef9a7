"""Whether the account may run the instances that a tier asks SageMaker for.

New accounts may run none of many types, and SageMaker says so (`ResourceLimitExceeded`) only when
the stack before was made and the data were uploaded.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from deployment.doctor.account import is_denied
from deployment.doctor.finding import Finding, fine, notice, problem
from lambdas.custom_resource.aws_errors import error_code
from stacks.tiers import TierSettings

SERVICE = "sagemaker"
SERVERLESS = "Maximum total concurrency that can be allocated across all serverless endpoints"
"""As SageMaker names it in `ResourceLimitExceeded`; not verified in Service Quotas' own list."""
_PAGE = 100


class ServiceQuotas(Protocol):
    """The part of boto3's Service Quotas client that is used here."""

    def list_service_quotas(self, **request: Any) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a tier takes of one quota. All of an account's endpoints and jobs share it."""

    check: str
    quota: str
    """Its name; codes differ from quota to quota and need not be known."""
    needed: int
    """Without which a deployment fails, this one or its next update."""
    most: int
    """What it may come to take."""
    why: str


def wanted_quotas(settings: TierSettings) -> Iterator[Wanted]:
    """The quotas that a tier's settings need."""
    yield Wanted(
        check="training",
        quota=f"{settings.training.instance_type} for training job usage",
        needed=1,
        most=settings.training.tuning_parallel_jobs,
        why="a search (TuningJobs) trains so many models at once",
    )
    if settings.hosting.instance_type is None:
        yield Wanted(
            check="hosting",
            quota=SERVERLESS,
            needed=settings.hosting.serverless_concurrency,
            most=settings.hosting.serverless_concurrency,
            why="",
        )
        return
    yield Wanted(
        check="hosting",
        quota=f"{settings.hosting.instance_type} for endpoint usage",
        # A blue/green update starts the new fleet beside the old one, which serves meanwhile.
        needed=2 * settings.hosting.minimum_instances,
        most=2 * settings.hosting.maximum_instances,
        why="a new model is rolled out beside the old one, at as many instances as autoscaling "
        "has reached",
    )


def quota_findings(client: ServiceQuotas, wanted: Sequence[Wanted]) -> list[Finding]:
    """Compare what the account has with what a tier needs; what may not be read is a notice."""
    try:
        found = _find(client, {w.quota for w in wanted})
    except ClientError as error:
        refused = "may not be read" if is_denied(error) else "could not be read"
        message = f"the quotas of SageMaker {refused} ({error_code(error) or error})"
        return [notice("quotas", f"{message}: {_needs(wanted)}")]
    except BotoCoreError as error:
        return [notice("quotas", f"Service Quotas does not answer ({error}): {_needs(wanted)}")]
    return [_compared(one, found.get(_key(one.quota))) for one in wanted]


def _find(client: ServiceQuotas, names: set[str]) -> dict[str, Mapping[str, Any]]:
    """The quotas of these names. SageMaker has thousands: the list is read until all are found."""
    keys = {_key(name) for name in names}
    found: dict[str, Mapping[str, Any]] = {}
    request: dict[str, Any] = {"ServiceCode": SERVICE, "MaxResults": _PAGE}
    while True:
        page = client.list_service_quotas(**request)
        for quota in page["Quotas"]:
            if _key(quota["QuotaName"]) in keys:
                found[_key(quota["QuotaName"])] = quota
        if found.keys() == keys or not page.get("NextToken"):
            return found
        request["NextToken"] = page["NextToken"]


def _key(name: str) -> str:
    """A name without what people change about names: capitals and blanks."""
    return re.sub(r"\s+", " ", name.strip().lower())


def _compared(wanted: Wanted, quota: Mapping[str, Any] | None) -> Finding:
    if quota is None:
        return notice(wanted.check, f"no quota of this name is listed: {_needs([wanted])}")
    value = int(quota["Value"])
    said = f"{value:,} × {wanted.quota}"
    mend = (
        "aws service-quotas request-service-quota-increase --service-code sagemaker "
        f"--quota-code {quota['QuotaCode']} --desired-value {wanted.most}"
    )
    if value < wanted.needed:
        return problem(wanted.check, f"{said}; the tier needs {wanted.needed}", mend)
    if value < wanted.most:
        return notice(
            wanted.check, f"{said}; the tier may come to need {wanted.most}: {wanted.why}",
            mend,
        )  # fmt: skip
    return fine(wanted.check, f"{said}; the tier needs {wanted.needed}")


def _needs(wanted: Sequence[Wanted]) -> str:
    return "the tier needs " + ", ".join(f"{one.needed} × {one.quota}" for one in wanted)
