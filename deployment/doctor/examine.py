"""Every check of the doctor's, at once: none of them waits for another."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from deployment.doctor.account import bootstrap, credentials, image
from deployment.doctor.finding import Finding, Verdict, problem
from deployment.doctor.machine import cdk_version, free_disk, node_version, python_version
from deployment.doctor.quotas import quota_findings, wanted_quotas
from stacks.tiers import Tier

_PATIENT = Config(connect_timeout=3, read_timeout=30, retries={"mode": "standard"})
"""Service Quotas allows few calls a second, and SageMaker's quotas fill dozens of pages. A busy
machine's embedded AWS takes its time, too."""


def examine(tier: Tier, *, context: str) -> list[Finding]:
    """Look at this machine and at the AWS that the environment points at. Changes nothing.

    Args:
        tier: what would be deployed.
        context: `-c tier=…` and so on, for the commands that mend.
    """
    with ThreadPoolExecutor() as pool:
        machine = [
            pool.submit(check) for check in (python_version, node_version, cdk_version, free_disk)
        ]
        aws = _examine_aws(tier, context, pool)
        return [*aws, *(check.result() for check in machine)]


def _examine_aws(tier: Tier, context: str, pool: ThreadPoolExecutor) -> list[Finding]:
    try:
        session: Any = boto3.Session()
        region = session.region_name
        if region is None:
            return [
                problem(
                    "region",
                    "the environment names none",
                    "export AWS_DEFAULT_REGION=us-east-1 AWS_REGION=us-east-1",
                )
            ]
        # Clients are made here: a session's are not to be made by several threads at once.
        sts = session.client("sts", config=_PATIENT)
        ssm = session.client("ssm", config=_PATIENT)
        quotas = session.client("service-quotas", config=_PATIENT)
    except BotoCoreError as error:
        # A profile that there is not, above all.
        return [problem("credentials", str(error), "aws configure list-profiles")]
    identity = credentials(sts, endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))
    if identity.verdict == Verdict.PROBLEM:
        return [identity, image(region)]
    checks: Iterable[Callable[[], list[Finding]]] = (
        lambda: [bootstrap(ssm, context=context)],
        lambda: quota_findings(quotas, list(wanted_quotas(tier.settings))),
    )
    rest = [pool.submit(check) for check in checks]
    return [identity, image(region), *(finding for one in rest for finding in one.result())]
