"""SageMaker's quotas: how many instances of each type may train and serve at a time.

Names are those that Service Quotas shows and that SageMaker's refusals quote. A new account's
values are AWS's business (0 for many types): ours suffice for a few tiers, and `up --quota` sets
others.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from local_aws.sagemaker.errors import SageMakerError
from local_aws.sagemaker.validation import service_model

_INSTANCES = 20
CONCURRENCY = "Maximum total concurrency that can be allocated across all serverless endpoints"
MEMORY = "Memory size in MB per serverless endpoint"
_SERVERLESS = {CONCURRENCY: 1000, MEMORY: 6144}
"""AWS's values in us-east-1 (serverless-endpoints.html, Concurrent invocations, Memory size)."""
_CODES = {CONCURRENCY: "L-96300102"}
_UNITS = {CONCURRENCY: "None", MEMORY: "Megabytes"}

_SHAPES = {
    "endpoint usage": "ProductionVariantInstanceType",
    "training job usage": "TrainingInstanceType",
}
"""What instances are used for, and the shape of the API that lists their types."""


def hosting(instance_type: str) -> str:
    """The quota of an instance type that serves."""
    return f"{instance_type} for endpoint usage"


def training(instance_type: str) -> str:
    """The quota of an instance type that trains."""
    return f"{instance_type} for training job usage"


@cache
def defaults() -> dict[str, int]:
    """Every quota that is known here, with its value in an account that nobody has changed."""
    shapes = service_model()
    instances = {
        f"{kind} for {use}": _INSTANCES
        for use, shape in _SHAPES.items()
        for kind in shapes.shape_for(shape).enum
    }
    return instances | _SERVERLESS


class Quotas:
    """The quotas of the embedded AWS: one set for all accounts and regions."""

    def __init__(self, changed: Mapping[str, int] | None = None) -> None:
        """The default values, but for those that are given.

        Raises:
            ValueError: there is no such quota, or a value is below 0.
        """
        self._changed: dict[str, int] = {}
        self._lock = threading.Lock()
        self.change(changed or {})

    def change(self, values: Mapping[str, int]) -> None:
        """Give quotas other values.

        Raises:
            ValueError: there is no such quota, or a value is below 0.
        """
        for name, value in values.items():
            if name not in defaults():
                raise ValueError(
                    f"There is no quota {name!r}: say for instance 'ml.m5.large for endpoint"
                    f" usage', 'ml.c5.xlarge for training job usage' or {CONCURRENCY!r}."
                )
            if value < 0:
                raise ValueError(f"The quota {name!r} cannot be {value}: 0 is the least.")
        with self._lock:
            self._changed |= values

    def value(self, name: str) -> int:
        """A quota's value; that of a type that only a later API knows is the default."""
        return self._changed.get(name, defaults().get(name, _INSTANCES))

    def check(self, name: str, *, used: int, more: int) -> None:
        """Refuse what would exceed a quota.

        Raises:
            SageMakerError: `ResourceLimitExceeded`.
        """
        limit = self.value(name)
        if used + more <= limit:
            return
        unit = _UNITS.get(name, "Instances")
        raise SageMakerError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{name}' is {limit} {unit}, with current utilization"
            f" of {used} {unit} and a request delta of {more} {unit}. Please use AWS Service"
            " Quotas to request an increase for this quota. If AWS Service Quotas is not"
            " available, contact AWS support to request an increase for this quota.",
        )

    def snapshot(self) -> dict[str, int]:
        """What was changed, for the state file."""
        return dict(self._changed)

    def rows(self, *, applied: bool) -> Iterator[dict[str, Any]]:
        """Every quota as Service Quotas describes it.

        Args:
            applied: with its value in force; otherwise with its default.
        """
        for name, default in defaults().items():
            yield {
                "ServiceCode": "sagemaker",
                "ServiceName": "Amazon SageMaker",
                "QuotaCode": quota_code(name),
                "QuotaName": name,
                "Value": float(self.value(name) if applied else default),
                "Unit": "None",
                "Adjustable": name != MEMORY,
                "GlobalQuota": False,
            }


def quota_code(name: str) -> str:
    """A quota's code: AWS's where it is known here, otherwise one of the same form."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return _CODES.get(name, f"L-{digest[:8].upper()}")


def usage(variants: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """What production variants need, by quota.

    Args:
        variants: as endpoint configs have them, or with the instances that they really have.
    """
    needed: dict[str, int] = {}
    for variant in variants:
        if serverless := variant.get("ServerlessConfig"):
            name, count = CONCURRENCY, serverless["MaxConcurrency"]
        else:
            name = hosting(variant["InstanceType"])
            count = variant.get("InitialInstanceCount", 1)
        needed[name] = needed.get(name, 0) + count
    return needed
